package org.pgdeltastream.slot.view;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.snapshot.ViewRead;
import org.pgdeltastream.snapshot.Visibility;

class DeliveredTest {
  private static final long EPOCH = 1L << 32;
  private static final long LATER = (1L << 30) + 10;

  private final Delivered delivered = new Delivered();

  private static ViewRead.State state(boolean isSynchronous, long xmax, Long... inProgress) {
    return new ViewRead.State(
        new Visibility(xmax, xmax, Set.of(inProgress)),
        Optional.of(new Lsn(1)),
        isSynchronous,
        Set.of(77L));
  }

  @Test
  void findsWhatWasSentAndIsNotSeen() {
    for (int xid : new int[] {100, 102, 101, 110}) {
      delivered.add(xid);
    }
    assertThat(delivered.sent().unseen(state(false, 111))).isEmpty();
    assertThat(delivered.sent().unseen(state(false, 111, 103L, 109L))).isEmpty();
    assertThat(delivered.sent().unseen(state(false, 111, 103L, 101L))).hasValue(101);
    assertThat(delivered.sent().unseen(state(false, 110))).hasValue(110);
    assertThat(delivered.sent().unseen(state(false, 105))).hasValue(110);
  }

  @Test
  void countsBeyondTheEndOfItsNumbers() {
    delivered.add(-2);
    delivered.add(3);
    assertThat(delivered.sent().unseen(state(false, EPOCH + 4))).isEmpty();
    assertThat(delivered.sent().unseen(state(false, EPOCH + 4, EPOCH - 1))).isEmpty();
    assertThat(delivered.sent().unseen(state(false, EPOCH + 4, EPOCH - 2))).hasValue(EPOCH - 2);
    assertThat(delivered.sent().unseen(state(false, EPOCH))).hasValue(3);
  }

  @Test
  void keepsTheNewest() {
    delivered.add(5);
    delivered.add(5 + (1 << 23) - 1);
    assertThat(delivered.sent().unseen(state(false, LATER, 5L))).hasValue(5);
    delivered.add(5 + (1 << 23));
    assertThat(delivered.sent().unseen(state(false, LATER, 5L))).isEmpty();
    delivered.add(1 << 30);
    assertThat(delivered.sent().unseen(state(false, LATER, 5L + (1 << 23)))).isEmpty();
    assertThat(delivered.sent().unseen(state(false, LATER, 1L << 30))).hasValue(1 << 30);
  }

  /** It may have been sent before, and wait for a standby since. */
  @Test
  void trustsNobodyWhoIsOlderThanItKnowsWhereCommitsMayWait() {
    assertThat(delivered.sent().unseen(state(true, 100, 90L))).hasValue(90);
    delivered.knownSince(95);
    assertThat(delivered.sent().unseen(state(true, 100, 90L))).hasValue(90);
    assertThat(delivered.sent().unseen(state(true, 100, 95L))).isEmpty();
    assertThat(delivered.sent().unseen(state(true, 100, 77L))).isEmpty();
    assertThat(delivered.sent().unseen(state(false, 100, 90L))).isEmpty();
  }

  @Test
  void seesWhatASnapshotSees() {
    Visibility snapshot = new Visibility(EPOCH - 3, EPOCH + 3, Set.of(EPOCH - 3, EPOCH + 1));
    assertThat(snapshot.sees(EPOCH - 4)).isTrue();
    assertThat(snapshot.sees((EPOCH - 3) & 0xFFFF_FFFFL)).isFalse();
    assertThat(snapshot.sees((EPOCH - 2) & 0xFFFF_FFFFL)).isTrue();
    assertThat(snapshot.sees(1)).isFalse();
    assertThat(snapshot.sees(2)).isTrue();
    assertThat(snapshot.sees(3)).isFalse();
    assertThat(snapshot.sees(4)).isFalse();
  }
}
