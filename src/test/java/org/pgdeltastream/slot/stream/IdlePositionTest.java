package org.pgdeltastream.slot.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.delivery.AckTracker;

class IdlePositionTest {
  private static final long LATER = Duration.ofSeconds(11).toNanos();

  private final AckTracker acks = new AckTracker(new Lsn(100));
  private final List<Lsn> jumps = new ArrayList<>();
  private final IdlePosition idle = position(1_000);
  private long now;

  private IdlePosition position(long mostBytesHeld) {
    return new IdlePosition(acks, () -> mostBytesHeld, (after, upTo) -> jumps.add(upTo), 0);
  }

  private Optional<Lsn> idleAt(IdlePosition position, long walEnd) {
    now += LATER;
    Optional<Lsn> offered = position.idle(new Lsn(walEnd), Lsn.NONE, now);
    offered.ifPresent(end -> acks.sending(end, 0, 0));
    return offered;
  }

  @Test
  void offersAnEmptyTransactionOnceInTenSeconds() {
    assertThat(idle.idle(new Lsn(500), Lsn.NONE, Duration.ofSeconds(9).toNanos())).isEmpty();
    assertThat(idleAt(idle, 500)).contains(new Lsn(500));
    assertThat(idle.idle(new Lsn(600), Lsn.NONE, now + 1)).isEmpty();
  }

  @Test
  void offersNothingWhereNothingIsNew() {
    idleAt(idle, 500);
    assertThat(idleAt(idle, 500)).isEmpty();
  }

  @Test
  void offersNothingThatTheClientSaidToHave() {
    assertThat(idle.idle(new Lsn(500), new Lsn(500), LATER)).isEmpty();
  }

  private void offeredAndLeft(IdlePosition position, long first, long second) {
    now += LATER;
    position.idle(new Lsn(first), Lsn.NONE, now);
    acks.passed(acks.acknowledged()); // nothing
    now += LATER;
    position.idle(new Lsn(second), Lsn.NONE, now);
  }

  @Test
  void movesTheSlotOnForAClientThatLeavesOffersBeyondTheBound() {
    offeredAndLeft(idle, 500, 1_101);

    assertThat(acks.acknowledged()).isEqualTo(new Lsn(1_101));
    assertThat(jumps).containsExactly(new Lsn(1_101));
  }

  @Test
  void leavesTheSlotWithinTheBound() {
    offeredAndLeft(idle, 500, 1_100);

    assertThat(acks.acknowledged()).isEqualTo(new Lsn(100));
  }

  @Test
  void leavesTheSlotWhereTheBoundIsSwitchedOff() {
    offeredAndLeft(position(0), 500, 1L << 40);

    assertThat(acks.acknowledged()).isEqualTo(new Lsn(100));
  }

  @Test
  void leavesTheSlotToAClientThatTookTheLastOffer() {
    idleAt(idle, 500);
    acks.acknowledge(new Lsn(500));
    idleAt(idle, 50_000);

    assertThat(acks.acknowledged()).isEqualTo(new Lsn(500));
  }

  @Test
  void neverPassesAChangeThatIsNotAcknowledged() {
    acks.sending(new Lsn(400), 10, 0);
    offeredAndLeft(idle, 500, 50_000);

    assertThat(acks.acknowledged()).isEqualTo(new Lsn(100));
    assertThat(jumps).isEmpty();
  }
}
