package org.pgdeltastream.feed;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
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
import org.pgdeltastream.feed.log.FrameLog;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.filter.Condition;
import org.pgdeltastream.filter.FilterColumn;
import org.pgdeltastream.filter.RowFilter;
import org.pgdeltastream.filter.ValueClass;

/** A transaction that a row filter cannot be decided for is told to nobody, and that is known. */
class LostTransactionsTest {
  private static final TableName TABLE = new TableName("public", "t");
  private static final Relation RELATION =
      new Relation(
          1,
          TABLE,
          ReplicaIdentity.DEFAULT,
          List.of(new Column(true, "id", 25, -1), new Column(false, "n", 25, -1)));
  private static final ViewOptions ALL = new ViewOptions(ChangeOptions.usual());
  private static final ViewOptions SOME =
      new ViewOptions(
          ChangeOptions.usual(),
          Map.of(
              TABLE,
              RowFilter.of(
                  Condition.parse("n=eq.1"),
                  Map.of("n", new FilterColumn("n", 25, "text", ValueClass.TEXT)),
                  List.of("1"))));

  private final Router router =
      new Router(Tuples.catalog(Tuples::typeNames), () -> 1 << 20, Lsn.NONE);
  private FrameLog some;
  private FrameLog all;

  @BeforeEach
  void follow() {
    router.enter(SOME);
    router.enter(ALL);
    some = router.log(SOME, Framing.LINES);
    all = router.log(ALL, Framing.LINES);
  }

  /** An insert, and an update of which the log does not say whether the row was selected. */
  private void transaction(long commit, Lsn end) throws IOException {
    router.begin(new Begin(new Lsn(commit), 0, 7));
    router.insert(RELATION, Tuples.tuple("1", "1"));
    router.update(RELATION, OldTupleKind.NONE, new Tuple(), Tuples.tuple("2", "1"));
    router.commit(new Commit(new Lsn(commit), end, 0));
    router.publish();
  }

  @Test
  void saysWhoWasNotTold() throws IOException {
    transaction(100, new Lsn(150));
    assertThat(all.published().end()).isPositive();
    assertThat(some.published().end()).isZero();
    assertThat(router.lostAfter(SOME, new Lsn(149))).isEqualTo(Optional.of("identity"));
    assertThat(router.lostAfter(SOME, new Lsn(150))).isEmpty();
    assertThat(router.lostAfter(ALL, Lsn.NONE)).isEmpty();
  }

  /** As behind a snapshot's rows, where transactions have no position. */
  @Test
  void saysSoOfATransactionWithoutAnEnd() throws IOException {
    transaction(100, Lsn.NONE);
    assertThat(router.lostAfter(SOME, new Lsn(1_000_000))).isEqualTo(Optional.of("identity"));
    assertThat(router.lostAfter(ALL, Lsn.NONE)).isEmpty();
  }
}
