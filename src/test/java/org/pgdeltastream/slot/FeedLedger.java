package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import org.pgdeltastream.change.Lsn;

/** What all subscribers of a feed together have seen: each transaction by its end. */
final class FeedLedger {
  private static final int MOST_FAULTS = 20;

  /** A writer's transaction with this number; it has so many rows. */
  record Transaction(int writer, long number, int rows) {}

  private record Step(String who, Lsn after, Lsn end) {}

  private final ConcurrentSkipListMap<Lsn, Transaction> seen = new ConcurrentSkipListMap<>();
  private final Queue<Step> firstSteps = new ConcurrentLinkedQueue<>();
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

  /** Each writer's numbers without a gap up to its last one, and all their rows. */
  void verify(Map<Integer, Long> last, long rows) {
    Map<Integer, Long> next = new TreeMap<>();
    List<String> wrong = new ArrayList<>();
    long seenRows = 0;
    for (Transaction one : seen.values()) {
      long expected = next.getOrDefault(one.writer(), 0L) + 1;
      if (one.number() != expected) {
        wrong.add(one + " instead of number " + expected);
      }
      next.put(one.writer(), one.number());
      seenRows += one.rows();
    }
    assertThat(wrong).isEmpty();
    assertThat(next).isEqualTo(last);
    assertThat(seenRows).as("rows").isEqualTo(rows);
    firstSteps.forEach(this::checkStep);
    checkNoFault("with all transactions known");
  }

  @Override
  public String toString() {
    return seen.size() + " transactions were written; " + counts;
  }
}
