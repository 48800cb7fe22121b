package org.pgdeltastream.slot;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.sql.SQLException;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.support.Sql;

/**
 * Looks at the slot's confirmed position, again and again: it is never above the window's start.
 */
final class FeedSamples {
  private static final Pattern OLDEST = Pattern.compile(".*\"oldest\":\"([^\"]+)\".*");
  private static final long PAUSE_NANOS = 100_000_000;
  private static final int PROBE_ONE_IN = 5;

  private final Sql database;
  private final Callable<String> report;
  private final FeedLedger ledger;
  private @Nullable FeedFollower prober;
  private final AtomicInteger taken = new AtomicInteger();
  private final AtomicInteger failed = new AtomicInteger();

  /**
   * None yet.
   *
   * @param report answers the feed's report
   */
  FeedSamples(Sql database, Callable<String> report, FeedLedger ledger) {
    this.database = database;
    this.report = report;
    this.ledger = ledger;
  }

  /** Who asks for what comes after the confirmed position. */
  void probeBy(FeedFollower one) {
    prober = one;
  }

  /** Where the WAL ends; 0 where PostgreSQL is away. */
  long walEnd() {
    try {
      return Lsn.parse(database.text("select pg_current_wal_lsn()")).value();
    } catch (SQLException e) {
      return 0;
    }
  }

  void takeWhile(AtomicBoolean writing) {
    while (writing.get()) {
      try {
        take();
      } catch (Exception e) { // PostgreSQL or the program is away
        failed.incrementAndGet();
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /** The window's start only grows: asked later it must not be below. */
  private void take() throws Exception {
    Lsn confirmed = confirmed();
    Matcher oldest = OLDEST.matcher(report.call());
    if (!oldest.matches() || oldest.group(1).equals("0/0")) {
      failed.incrementAndGet();
      return;
    }
    taken.incrementAndGet();
    if (confirmed.isAfter(Lsn.parse(oldest.group(1)))) {
      ledger.fault("confirmed is " + confirmed + ", and the window starts at " + oldest.group(1));
    }
    if (taken.get() % PROBE_ONE_IN == 0) {
      probe(confirmed);
    }
  }

  private void probe(Lsn confirmed) throws IOException {
    requireNonNull(prober, "started").probe(confirmed);
    ledger.count("probes");
  }

  private Lsn confirmed() throws SQLException {
    return Lsn.parse(
        database.text(
            "select confirmed_flush_lsn from pg_replication_slots"
                + " where slot_name = 'delta_feed_f'"));
  }

  @Override
  public String toString() {
    return taken + " samples of the confirmed position, " + failed + " without an answer";
  }
}
