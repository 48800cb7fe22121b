package org.pgdeltastream.feed;

import java.io.IOException;
import java.util.List;
import java.util.Map;
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
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.Commit;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OldTupleKind;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.ReplicaIdentity;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.encoder.Tuples;
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
  private Router router = new Router(Tuples.catalog(Tuples::typeNames), () -> 64 << 20, Lsn.NONE);
  private long position = 1000;

  @Setup
  public void start() {
    router = new Router(Tuples.catalog(Tuples::typeNames), () -> 64 << 20, Lsn.NONE);
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
      Tuple before = Tuples.tuple("1234567", owner, "open");
      Tuple after =
          Tuples.tuple("1234567", owner, "paid and sent, with some more text, as rows have");
      router.begin(new Begin(new Lsn(position), 0, 7));
      router.update(relation, OldTupleKind.FULL, before, after);
      router.commit(new Commit(new Lsn(position), new Lsn(position + 50), 0));
      if (i % EACH == 0) {
        router.publish();
      }
    }
    return router.head();
  }
}
