package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import org.pgdeltastream.change.Lsn;

/** What all subscribers of a feed together have seen: each transaction by its end. */
final class FeedLedger {
  private static final int MOST_FAULTS = 20;

  /** A writer's transaction with this number; it has so many rows. */
  record Transaction(int writer, long number, int rows) {}

  private record Jump(Lsn from, Lsn to) {}

  private record Step(String who, Lsn after, Lsn end) {}

  private final ConcurrentSkipListMap<Lsn, Transaction> seen = new ConcurrentSkipListMap<>();
  private final Queue<Step> firstSteps = new ConcurrentLinkedQueue<>();
  private final Queue<Jump> jumps = new ConcurrentLinkedQueue<>();
  private final Queue<String> faults = new ConcurrentLinkedQueue<>();
  private final Map<String, AtomicLong> counts = new ConcurrentSkipListMap<>();

  /** Somebody who had everything up to {@code after} got this transaction next. */
  void note(String who, Lsn after, Lsn end, Transaction transaction, boolean isFirst) {
    Transaction known = seen.putIfAbsent(end, transaction);
    if (known != null && !known.equals(transaction)) {
      fault(who + " got at " + end + " " + transaction + ", others " + known);
    }
    count("transactions");
    checkStep(new Step(who, after, end));
    if (isFirst) {
      firstSteps.add(new Step(who, after, end)); // again when all is known
    }
  }

  private void checkStep(Step step) {
    Lsn next = seen.higherKey(step.after());
    if (!step.end().equals(next)) {
      fault(step + " leaves out " + next + " " + (next == null ? "" : seen.get(next)));
    }
  }

  void fault(String what) {
    if (faults.size() < MOST_FAULTS) {
      faults.add(what);
    }
  }

  void count(String what) {
    counts.computeIfAbsent(what, any -> new AtomicLong()).incrementAndGet();
  }

  void checkNoFault(String when) {
    assertThat(faults).as(when).isEmpty();
  }

  boolean hasFault() {
    return !faults.isEmpty();
  }

  Lsn newest() {
    return seen.isEmpty() ? Lsn.NONE : seen.lastKey();
  }

  int transactions() {
    return seen.size();
  }

  /** The end of a transaction within so many bytes of the newest. */
  Optional<Lsn> somewhere(Random random, long bytes) {
    long back = (long) (random.nextDouble() * bytes);
    return Optional.ofNullable(seen.floorKey(new Lsn(Math.max(0, newest().value() - back))));
  }

  /** Its position was refused: what is in between it will not see. */
  void jumped(Lsn from, Lsn to) {
    count("must-refetch");
    jumps.add(new Jump(from, to));
  }

  /** Whether the newest transaction is that one. */
  boolean has(int writer, long number) {
    Map.Entry<Lsn, Transaction> last = seen.lastEntry();
    return last != null && last.getValue().writer() == writer && last.getValue().number() == number;
  }

  /** All rows, but for what nobody saw since all their positions were refused. */
  void verify(Map<Integer, Long> last, long rows) {
    Map<Integer, Map.Entry<Lsn, Transaction>> before = new HashMap<>();
    boolean whole = true;
    long seenRows = 0;
    for (Map.Entry<Lsn, Transaction> one : seen.entrySet()) {
      Transaction transaction = one.getValue();
      Map.Entry<Lsn, Transaction> previous = before.put(transaction.writer(), one);
      long expected = previous == null ? 1 : previous.getValue().number() + 1;
      if (transaction.number() != expected) {
        whole = false;
        Lsn from = previous == null ? Lsn.NONE : previous.getKey();
        assertThat(jumps)
            .as(one + " is not number " + expected)
            .anyMatch(jump -> one.getKey().isAfter(jump.from()) && jump.to().isAfter(from));
      }
      seenRows += transaction.rows();
    }
    firstSteps.forEach(this::checkStep);
    checkNoFault("with all transactions known");
    if (whole) {
      before.forEach(
          (writer, one) -> assertThat(one.getValue().number()).isEqualTo(last.get(writer)));
      assertThat(seenRows).as("rows").isEqualTo(rows);
    }
  }

  @Override
  public String toString() {
    return seen.size() + " transactions were written; " + counts;
  }
}
