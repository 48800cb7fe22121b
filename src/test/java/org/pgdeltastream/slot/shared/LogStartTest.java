package org.pgdeltastream.slot.shared;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.journal.shared.LogEnd;
import org.pgdeltastream.journal.shared.RecordHeader;
import org.pgdeltastream.journal.shared.RecordKind;
import org.pgdeltastream.replication.wal.ServerIdentity;
import org.pgdeltastream.slot.upstream.Refusal;

@Timeout(value = 20, unit = TimeUnit.SECONDS)
class LogStartTest {
  private static final long INCARNATION = 7;
  private static final Optional<Lsn> WAL = Optional.of(lsn(1_000));

  private final FeedCondition condition = new FeedCondition();

  private static Lsn lsn(long value) {
    return new Lsn(value);
  }

  /** A log that was written and committed up to there, on the first timeline. */
  private static LogEnd end(long written, long committed) {
    RecordHeader last =
        new RecordHeader(RecordKind.WHOLE, 0, Lsn.NONE, lsn(committed), 1, INCARNATION, 1);
    return new LogEnd(lsn(written), lsn(committed), Optional.of(last), false);
  }

  private LogStart start(LogEnd end, int timeline, Map<Integer, Lsn> ancestors) {
    return new LogStart(
        condition, "pgdelta.f", end, new ServerIdentity("1", timeline, "db", ancestors));
  }

  private LogStart start(LogEnd end) {
    return start(end, 1, Map.of());
  }

  @Test
  void goesOnWhereTheLogOrTheSlotIs() throws Exception {
    for (long confirmed : List.of(50L, 100L)) {
      RecordHeader term = start(end(100, 100)).term(lsn(confirmed), WAL);
      assertThat(term.kind()).isEqualTo(RecordKind.TERM);
      assertThat(term.prev()).isEqualTo(lsn(100));
      assertThat(term.end()).isEqualTo(lsn(100));
      assertThat(term.incarnation()).isEqualTo(INCARNATION);
    }
    assertThat(start(end(100, 60)).term(lsn(80), WAL).end()).isEqualTo(lsn(80));
  }

  /** Also where this server has read more, which is there no longer. */
  @Test
  void refusesALogThatLacksWhatPostgresForgot() {
    condition.follows(lsn(300), INCARNATION, 0);
    assertThatThrownBy(() -> start(end(100, 100)).term(lsn(101), WAL))
        .isInstanceOf(Refusal.class)
        .hasMessageContaining("pgdelta.f ends at 0/64, but its slot is confirmed to 0/65");
    assertThat(condition.acceptGap()).isTrue();
  }

  @Test
  void refusesALogThatWasNeverWritten() {
    LogEnd never = new LogEnd(Lsn.NONE, Lsn.NONE, Optional.empty(), false);
    assertThatThrownBy(() -> start(never).term(lsn(100), WAL)).isInstanceOf(Refusal.class);
  }

  @Test
  void goesOnWhereAllRecordsWereRemoved() throws Exception {
    condition.follows(lsn(90), INCARNATION, 0);
    LogEnd emptied = new LogEnd(Lsn.NONE, Lsn.NONE, Optional.empty(), true);
    RecordHeader term = start(emptied).term(lsn(100), WAL);
    assertThat(term.end()).isEqualTo(lsn(100));
    assertThat(term.incarnation()).isEqualTo(INCARNATION);
  }

  @Test
  void refusesWhatPostgresNeverHad() throws Exception {
    Map<Integer, Lsn> switched = Map.of(1, lsn(100));
    assertThat(start(end(100, 100), 2, switched).term(lsn(100), WAL).timeline()).isEqualTo(2);
    assertThatThrownBy(() -> start(end(101, 90), 2, switched).term(lsn(90), WAL))
        .isInstanceOf(Refusal.class);
    assertThatThrownBy(() -> start(end(100, 100)).term(lsn(90), Optional.of(lsn(99))))
        .isInstanceOf(Refusal.class);
  }

  /** The end of the log shows copies of what is older; this server has read what was given up. */
  @Test
  void knowsWhatItHasReadOfTheLog() {
    condition.follows(lsn(300), INCARNATION, 0);
    assertThatThrownBy(() -> start(end(100, 100)).term(lsn(90), Optional.of(lsn(299))))
        .isInstanceOf(Refusal.class)
        .hasMessageContaining("ends at 0/12C, which this PostgreSQL never had");
  }

  @Test
  void anAcceptedLossIsAnotherLog() throws Exception {
    assertThatThrownBy(() -> start(end(100, 100)).term(lsn(200), WAL)).isInstanceOf(Refusal.class);
    condition.acceptGap();
    RecordHeader term = start(end(100, 100)).term(lsn(200), WAL);
    assertThat(term.end()).isEqualTo(lsn(200));
    assertThat(term.incarnation()).isNotEqualTo(INCARNATION);
    assertThatThrownBy(() -> start(end(100, 100)).term(lsn(200), WAL)).isInstanceOf(Refusal.class);
  }

  @Test
  void anAcceptanceIsOfOneLoss() {
    condition.lost("pgdelta.f", lsn(100), lsn(200));
    assertThat(condition.acceptGap()).isTrue();
    condition.leads(1);
    assertThat(condition.takeGapAccepted()).isFalse();
    assertThat(condition.acceptGap()).isFalse();
    condition.lost("pgdelta.f", lsn(100), lsn(200));
    condition.acceptGap();
    condition.someoneLeads(2);
    assertThat(condition.takeGapAccepted()).isFalse();
  }

  @Test
  void whoDoesNotReachTheLogDoesNotLead() {
    assertThat(condition.mayLead()).isFalse();
    condition.follows(lsn(100), INCARNATION, 0);
    assertThat(condition.mayLead()).isTrue();
    condition.isAway();
    assertThat(condition.mayLead()).isFalse();
    condition.cannotFollow(true); // it answers that there is no log: who leads finds out more
    assertThat(condition.mayLead()).isTrue();
  }
}
