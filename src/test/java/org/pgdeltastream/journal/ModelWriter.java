package org.pgdeltastream.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.pgdeltastream.change.Lsn;

/** Writes random transactions to a journal and to a list, and compares what both have. */
final class ModelWriter {
  private static final int RELATIONS = 5;
  private static final int HEADER = 13;

  private final Journal journal;
  private final Random random;
  private final Map<Integer, Integer> versions = new HashMap<>();
  private final Set<Integer> described = new HashSet<>();
  private final List<Written> transactions = new ArrayList<>();
  private List<ByteBuffer> open = new ArrayList<>();
  private long position = 1_000;
  private int number;
  private int numberAtEnd;

  record Written(Lsn end, List<ByteBuffer> messages) {}

  ModelWriter(Journal journal, int seed) {
    this.journal = journal;
    this.random = new Random(seed);
  }

  void startAt() {
    transactions.clear();
    described.clear();
    open = new ArrayList<>();
    number = numberAtEnd;
    journal.startAt(new Lsn(position));
  }

  void step() {
    int choice = random.nextInt(100);
    position += 1 + random.nextInt(100);
    if (choice < 70) {
      change();
    } else if (choice < 90) {
      transactionEnds();
    } else if (choice < 95 && open.isEmpty()) {
      journal.movedTo(new Lsn(position));
    } else if (choice < 98) {
      rollBack();
    } else if (choice == 98 && random.nextInt(10) == 0) {
      startAt();
    } else if (choice == 99) {
      journal.forgetBefore(new Lsn(position - random.nextInt(20_000)));
    }
  }

  private void change() {
    int relation = random.nextInt(RELATIONS);
    boolean altered = random.nextInt(50) == 0;
    int version = versions.merge(relation, altered ? 1 : 0, Integer::sum);
    if (described.add(relation) || altered) {
      append('Y', relation, version, 0);
      append('R', relation, version, random.nextInt(100));
    }
    append('I', relation, version, size());
  }

  private int size() {
    return switch (random.nextInt(50)) {
      case 0 -> random.nextInt(200_000);
      case 1, 2, 3 -> random.nextInt(20_000);
      default -> random.nextInt(500);
    };
  }

  private void append(char kind, int relation, int version, int filling) {
    ByteBuffer message = ByteBuffer.allocate(HEADER + filling);
    message.put((byte) kind).putInt(relation).putInt(version);
    if (kind == 'I') {
      message.putInt(++number);
    }
    while (message.hasRemaining()) {
      message.put((byte) number);
    }
    open.add(message.flip());
    journal.append(message.array(), 0, message.limit(), position);
  }

  private void transactionEnds() {
    transactions.add(new Written(new Lsn(position), open));
    open = new ArrayList<>();
    numberAtEnd = number;
    journal.transactionEnded(new Lsn(position));
    if (transactions.size() > 2_000) {
      transactions.remove(0);
    }
  }

  /** As after a new connection: PostgreSQL describes all again. */
  private void rollBack() {
    journal.connectionEnded();
    described.clear();
    open = new ArrayList<>();
    number = numberAtEnd;
  }

  /** How many messages could be read. */
  int check() throws IOException {
    Lsn start = journal.start();
    if (!journal.covers(start) || start.isAfter(journal.end())) {
      assertThatThrownBy(() -> journal.scan(journal.end()))
          .isInstanceOf(IllegalArgumentException.class);
      return 0;
    }
    long range = journal.end().value() - start.value();
    Lsn after = new Lsn(start.value() + (long) (random.nextDouble() * range));
    List<ByteBuffer> read = read(after);
    int first = 0;
    while (first < transactions.size() && !transactions.get(first).end().isAfter(after)) {
      first++;
    }
    assertThat(isFrom(first, read)).as("after %s", after).isTrue();
    return read.size();
  }

  private List<ByteBuffer> read(Lsn after) throws IOException {
    List<ByteBuffer> read = new ArrayList<>();
    ModelReader reader = new ModelReader();
    try (JournalScan scan = journal.scan(after)) {
      while (scan.next()) {
        ByteBuffer copy = ByteBuffer.allocate(scan.end() - scan.start());
        read.add(copy.put(scan.bytes(), scan.start(), copy.remaining()).flip());
        reader.read(copy.duplicate());
      }
    }
    return read;
  }

  /** Descriptions, then all transactions from this one on, or from an earlier one on. */
  private boolean isFrom(int first, List<ByteBuffer> read) {
    for (int from = first; from >= 0; from--) {
      List<ByteBuffer> wanted =
          transactions.subList(from, transactions.size()).stream()
              .flatMap(one -> one.messages().stream())
              .toList();
      int head = read.size() - wanted.size();
      if (head < 0) {
        return false;
      }
      if (read.subList(head, read.size()).equals(wanted)
          && read.subList(0, head).stream().allMatch(one -> one.get(0) != 'I')) {
        return true;
      }
    }
    return false;
  }
}
