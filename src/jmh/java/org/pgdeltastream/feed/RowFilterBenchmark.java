package org.pgdeltastream.feed;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.pgdeltastream.change.Begin;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.ColumnDetails;
import org.pgdeltastream.change.Commit;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OldTupleKind;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.ReplicaIdentity;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.filter.Condition;
import org.pgdeltastream.filter.FilterColumn;
import org.pgdeltastream.filter.RowFilter;
import org.pgdeltastream.filter.ValueClass;

/** An update a transaction, for one of many views of which each selects its owner's rows. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(RowFilterBenchmark.CHANGES)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class RowFilterBenchmark {
  static final int CHANGES = 1000;
  private static final int EACH = 20; // transactions, then they can be read
  private static final TableName TABLE = new TableName("public", "orders");

  @Param({"100", "10000"})
  int views;

  private final Random random = new Random(1);
  private final Relation relation =
      new Relation(
          1,
          TABLE,
          ReplicaIdentity.FULL,
          List.of(
              new Column(true, "id", 23, -1),
              new Column(true, "owner", 23, -1),
              new Column(true, "status", 25, -1)));
  private final Tuple before = new Tuple();
  private final Tuple after = new Tuple();
  private Router router = new Router(new NoCatalog(), () -> 64 << 20, Lsn.NONE);
  private long position = 1000;

  @Setup
  public void start() {
    router = new Router(new NoCatalog(), () -> 64 << 20, Lsn.NONE);
    FilterColumn owner = new FilterColumn("owner", 23, "integer", ValueClass.INTEGER);
    ChangeOptions usual = ChangeOptions.usual();
    for (int i = 0; i < views; i++) {
      RowFilter filter =
          RowFilter.of(
              Condition.parse("owner=eq." + i), Map.of("owner", owner), List.of(String.valueOf(i)));
      ViewOptions view = new ViewOptions(usual, Map.of(TABLE, filter));
      router.between(
          () -> {
            router.enter(view);
            router.log(view, Framing.WEBSOCKET);
          });
    }
  }

  @Benchmark
  public Lsn update() throws IOException {
    for (int i = 0; i < CHANGES; i++) {
      position += 100;
      String owner = String.valueOf(random.nextInt(views));
      set(before, "1234567", owner, "open");
      set(after, "1234567", owner, "paid and sent, with some more text to make it a usual row");
      router.begin(new Begin(new Lsn(position), 0, 7));
      router.update(relation, OldTupleKind.FULL, before, after);
      router.commit(new Commit(new Lsn(position), new Lsn(position + 50), 0));
      if (i % EACH == 0) {
        router.publish();
      }
    }
    return router.head();
  }

  private static void set(Tuple tuple, String... values) {
    byte[] bytes = String.join("", values).getBytes(UTF_8);
    tuple.reset(bytes);
    int at = 0;
    for (String value : values) {
      tuple.addText(at, value.length());
      at += value.length();
    }
  }

  /** What PostgreSQL would say. */
  private static final class NoCatalog implements Catalog {
    @Override
    public List<ColumnDetails> details(Relation of, Lsn commit) {
      return of.columns().stream()
          .map(
              column ->
                  new ColumnDetails(
                      "text", "text", Optional.empty(), 1, true, column.key(), Optional.empty()))
          .toList();
    }

    @Override
    public int originNumber(String originName) {
      return 0;
    }
  }
}
