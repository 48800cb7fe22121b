package org.pgdeltastream.feed;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.pgdeltastream.change.Begin;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.ChangeListener;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.ColumnDetails;
import org.pgdeltastream.change.Commit;
import org.pgdeltastream.change.LogicalMessage;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OldTupleKind;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.ReplicaIdentity;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.TruncateOptions;
import org.pgdeltastream.change.Tuple;

/** Transactions by chance, which can be told to several listeners. */
final class RandomChanges {
  private static final List<OldTupleKind> KINDS = List.of(OldTupleKind.values());

  private static final List<Relation> TABLES =
      List.of(
          table(1, "public", "users"), table(2, "public", "orders"), table(3, "other", "things"));
  private static final String[] WORDS = {
    "Zoë", "a\"b\\c", "line\nbreak", "", "\",\"nextlsn\":\"1/1\"}"
  };

  private final Random random;
  private final int largest;
  private boolean isStill; // the open transaction commits where the one before ended
  private long position = 0x1_0000_0000L;

  /** What a decoder finds, and where it stands in the WAL. */
  record Step(long position, boolean isAlone, Told told) {
    Step(long position, Told told) {
      this(position, false, told);
    }

    interface Told {
      void to(ChangeListener listener) throws IOException;
    }

    void to(ChangeListener listener) throws IOException {
      told.to(listener);
    }
  }

  /** A transaction, or a message of its own, for which it begins and ends at the same place. */
  record Transaction(Lsn end, List<Step> steps) {}

  /**
   * From this seed.
   *
   * @param largest value, in characters
   */
  RandomChanges(Random random, int largest) {
    this.random = random;
    this.largest = largest;
  }

  Lsn position() {
    return new Lsn(position);
  }

  Transaction next() {
    List<Step> steps = new ArrayList<>();
    if (random.nextInt(10) == 0) {
      steps.add(message(false));
      return new Transaction(position(), steps);
    }
    int count = random.nextInt(5) == 0 ? 0 : random.nextInt(12);
    isStill = random.nextInt(3) == 0; // its changes are older than what came before
    long commit = isStill ? position : position + 100L * (count + 1);
    Begin begin = new Begin(new Lsn(commit), 1_000_000L * random.nextInt(), random.nextInt(1000));
    steps.add(new Step(position, listener -> listener.begin(begin)));
    for (int i = 0; i < count; i++) {
      position += isStill ? 0 : 1 + random.nextInt(90);
      steps.add(change());
    }
    isStill = false;
    position = commit + 50;
    Commit end = new Commit(new Lsn(commit), new Lsn(position), begin.commitTime());
    steps.add(new Step(commit, listener -> listener.commit(end)));
    position += 20L * random.nextInt(2);
    return new Transaction(end.endLsn(), steps);
  }

  private Step change() {
    Relation table = TABLES.get(random.nextInt(TABLES.size()));
    Tuple row = row(false);
    Tuple old = row(true);
    OldTupleKind kind = KINDS.get(random.nextInt(3));
    return switch (random.nextInt(12)) {
      case 0 -> new Step(position, listener -> listener.delete(table, OldTupleKind.KEY, old));
      case 1, 2, 3 -> new Step(position, listener -> listener.update(table, kind, old, row));
      case 4 -> {
        List<Relation> all = List.copyOf(TABLES.subList(random.nextInt(2), 2 + random.nextInt(2)));
        TruncateOptions how = new TruncateOptions(false, false);
        yield new Step(position, listener -> listener.truncate(all, how));
      }
      case 5 -> message(true);
      case 6 -> message(isStill || random.nextBoolean());
      default -> new Step(position, listener -> listener.insert(table, row));
    };
  }

  private Step message(boolean transactional) {
    position += isStill ? 0 : 1;
    String prefix = random.nextBoolean() ? "audit" : "other";
    LogicalMessage message = new LogicalMessage(transactional, position(), prefix, text());
    return new Step(position, !transactional, listener -> listener.message(message));
  }

  private String text() {
    String word = WORDS[random.nextInt(WORDS.length)];
    int length = random.nextInt(40) == 0 ? random.nextInt(largest) : random.nextInt(20);
    return word + "ä-".repeat(length / 2);
  }

  private Tuple row(boolean old) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write('?');
    List<byte[]> values = new ArrayList<>();
    values.add(("" + random.nextInt(1000)).getBytes(StandardCharsets.UTF_8));
    values.add(text().getBytes(StandardCharsets.UTF_8));
    values.add("1.50".getBytes(StandardCharsets.UTF_8));
    values.forEach(bytes::writeBytes);
    Tuple tuple = new Tuple();
    tuple.reset(bytes.toByteArray());
    tuple.addText(1, values.get(0).length);
    int start = 1 + values.get(0).length;
    switch (random.nextInt(6)) {
      case 0 -> tuple.addNull();
      case 1 -> {
        if (old) {
          tuple.addNull();
        } else {
          tuple.addUnchangedToast();
        }
      }
      default -> tuple.addText(start, values.get(1).length);
    }
    tuple.addText(start + values.get(1).length, values.get(2).length);
    return tuple;
  }

  private static Relation table(int id, String schema, String name) {
    return new Relation(
        id,
        new TableName(schema, name),
        ReplicaIdentity.DEFAULT,
        List.of(
            new Column(true, "id", 23, -1),
            new Column(false, "name", 25, -1),
            new Column(false, "price", 1700, -1)));
  }

  static Catalog catalog() {
    return new Catalog() {
      @Override
      public List<ColumnDetails> details(Relation relation, Lsn commit) {
        return List.of(column("integer", 1), column("text", 2), column("numeric", 3));
      }

      @Override
      public int originNumber(String originName) {
        return 7;
      }
    };
  }

  private static ColumnDetails column(String type, int at) {
    return new ColumnDetails(type, type, Optional.empty(), at, at == 1, at == 1, Optional.empty());
  }
}
