package org.pgdeltastream.slot;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.awaitility.core.ConditionTimeoutException;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.Sql;

/**
 * Waits for the subscribers of a feed. Where that is in vain, says who is behind, how far each came
 * meanwhile, and what the feed, its slot and the program's threads do.
 */
final class FeedAwait {
  private static final Duration DEADLINE = Duration.ofSeconds(90);
  private static final Duration POLL = Duration.ofMillis(20);
  private static final String SLOT =
      "select row_to_json(s)::text || ', the WAL ends at ' || pg_current_wal_lsn()"
          + " from pg_replication_slots s where slot_name = 'delta_feed_f'";

  private final List<FeedFollower> followers;
  private final FeedLedger ledger;
  private final Sql database;
  private final Supplier<Program> program;
  private String longest = "";
  private long longestNanos = -1;

  /** For these, as many as there are by then. */
  FeedAwait(
      List<FeedFollower> followers, FeedLedger ledger, Sql database, Supplier<Program> program) {
    this.followers = followers;
    this.ledger = ledger;
    this.database = database;
    this.program = program;
  }

  /**
   * A fault ends the wait too.
   *
   * @param target where all are to be
   */
  void until(String what, Supplier<Lsn> target, Callable<Boolean> isDone) {
    Map<FeedFollower, String> before = new LinkedHashMap<>();
    followers.forEach(one -> before.put(one, one.toString()));
    long start = System.nanoTime();
    try {
      await(what)
          .atMost(DEADLINE)
          .pollInterval(POLL)
          .until(() -> ledger.hasFault() || isDone.call());
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(e.getMessage() + "\n" + explained(target.get(), before), e);
    }
    note(what, System.nanoTime() - start);
  }

  private void note(String what, long nanos) {
    if (nanos > longestNanos) {
      longestNanos = nanos;
      longest = "%s, %d ms".formatted(what, nanos / 1_000_000);
    }
  }

  private String explained(Lsn target, Map<FeedFollower, String> before) {
    StringBuilder text = new StringBuilder("All are to be at " + target);
    before.forEach(
        (one, was) -> {
          String where = target.isAfter(one.position()) ? "behind" : "there";
          text.append("\n%s: %s; before the wait: %s".formatted(where, one, was));
        });
    return text.append("\nthe feed: ")
        .append(answer(() -> program.get().get("/v1/feeds/f").body()))
        .append("\nits slot: ")
        .append(answer(() -> database.text(SLOT)))
        .append("\nthe program's threads:\n")
        .append(answer(() -> program.get().threads()))
        .toString();
  }

  /** The longest wait that was not in vain. */
  @Override
  public String toString() {
    return "the longest wait: " + longest;
  }

  private static String answer(Callable<String> question) {
    try {
      return question.call();
    } catch (Exception e) { // it is away, which explains something too
      return e.toString();
    }
  }
}
