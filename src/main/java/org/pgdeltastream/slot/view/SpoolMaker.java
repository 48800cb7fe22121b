package org.pgdeltastream.slot.view;

import static java.lang.System.Logger.Level.DEBUG;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.Numbers;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.change.option.Detail;
import org.pgdeltastream.encoder.rows.RowMessages;
import org.pgdeltastream.feed.ViewOptions;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.snapshot.ViewRead;
import org.pgdeltastream.spool.Spool;

/**
 * Makes one file: the rows of a view under a snapshot, then the changes that the feed had by then
 * and the snapshot does not see, then where that ends. For one thread.
 *
 * <p>Aligned by which transactions the snapshot sees, never by a position alone: a commit may be in
 * the WAL, and decoded, before any snapshot sees it. See decision 0016.
 */
final class SpoolMaker {
  private static final System.Logger LOG = System.getLogger(SpoolMaker.class.getName());
  private static final long PAUSE_NANOS = Duration.ofMillis(20).toNanos();
  private static final int MOST_GONE = 10; // tries with a filter
  private static final long NUDGE_NANOS = Duration.ofMillis(500).toNanos();

  private static final int MOST_PAUSES = 50;
  private static final Set<Problem> GONE =
      EnumSet.of(
          Problem.SNAPSHOT_TABLE_REWRITTEN, Problem.TABLE_NOT_FOUND, Problem.COLUMN_NOT_FOUND);

  /** What it needs beside the feed. */
  interface Tools {
    /** Begins to read PostgreSQL. */
    ViewRead read(Duration limit) throws SQLException;

    /** Writes something into the WAL, which brings what was there before onto the disk. */
    void nudge() throws SQLException;

    Spool file() throws IOException;
  }

  private final SpoolSource feed;
  private final Delivered delivered;
  private final Tools tools;
  private final ViewOptions view;
  private final long deadline;
  private final LongPredicate isWanted;
  private LongSupplier size = () -> 0; // of this try's file
  private @Nullable Alignment alignment; // of the tries that are blocked
  private int gone; // tries

  /**
   * A finished file.
   *
   * @param end who has read it goes on from there
   */
  record Made(Spool file, Lsn end) {}

  /** Where the feed was, and what of the rest the snapshot sees. */
  private record Aligned(Lsn start, ViewRead.State state, Lsn walEnd) {}

  SpoolMaker(
      SpoolSource feed,
      Delivered delivered,
      Tools tools,
      ViewOptions view,
      long deadline,
      LongPredicate isWanted) {
    this.feed = feed;
    this.delivered = delivered;
    this.tools = tools;
    this.view = view;
    this.deadline = deadline;
    this.isWanted = isWanted;
  }

  Made make() throws SQLException, IOException {
    for (int tries = 1; ; tries++) {
      check();
      Spool file = tools.file();
      size = file::size;
      try {
        Lsn end = write(file);
        if (!end.equals(Lsn.NONE)) {
          return new Made(file, end);
        }
        file.close();
      } catch (Throwable e) {
        file.close();
        throw e;
      }
      LockSupport.parkNanos(PAUSE_NANOS * Math.min(tries, MOST_PAUSES));
    }
  }

  /** NONE if it is to be tried again, with another snapshot. */
  private Lsn write(Spool file) throws SQLException, IOException {
    Aligned aligned;
    long rows;
    Alignment present = alignment == null ? new Alignment(feed, delivered) : alignment;
    alignment = present;
    try (ViewRead read = tools.read(left())) {
      ViewRead.State state = read.state();
      Lsn walEnd = state.walEnd().orElseThrow(SpoolMaker::standby);
      delivered.knownSince(state.visible().xmax());
      if (!present.isSeen(state)) {
        return Lsn.NONE;
      }
      alignment = null;
      aligned = new Aligned(present.start(), state, walEnd);
      rows = rows(read, file);
    } catch (ProblemException e) {
      if (!GONE.contains(e.problem()) || (++gone > MOST_GONE && !view.rows().isEmpty())) {
        throw e; // a filter may name what is not there any more
      }
      return Lsn.NONE; // a TRUNCATE or DROP has taken the rows that this snapshot sees
    }
    awaitFeed(aligned.walEnd());
    return finish(file, aligned, rows);
  }

  private Duration left() {
    return Duration.ofNanos(Math.max(1_000_000, deadline - System.nanoTime()));
  }

  private long rows(ViewRead read, Spool file) throws SQLException, IOException {
    ChangeOptions changes = view.changes();
    Numbers numbers = changes.has(Detail.NUMBERS_AS_TEXT) ? Numbers.AS_TEXT : Numbers.AS_NUMBERS;
    List<String> publications = feed.publications();
    long rows = 0;
    for (ViewRead.Table table : read.tables(publications)) {
      if (changes.wants(table.name())) {
        RowMessages messages = new RowMessages(file, table.name(), numbers);
        read.read(
            table,
            publications,
            column -> changes.wants(table.name(), column),
            Optional.ofNullable(view.rows().get(table.name())),
            oid -> new ViewRows(messages, table.name(), oid, this));
        rows += messages.rows();
      }
    }
    return rows;
  }

  /** Between two rows. */
  void check() {
    if (feed.isStopping() || !isWanted.test(size.getAsLong())) {
      throw new ProblemException(Problem.UPSTREAM_BUSY, "Nobody waits any more", "Ask again");
    }
    if (System.nanoTime() - deadline > 0) {
      throw late("The rows are not read yet");
    }
  }

  private static ProblemException late(String what) {
    return new ProblemException(
        Problem.UPSTREAM_BUSY,
        what,
        "Ask for fewer tables or columns, or raise pgdelta.feed-snapshot-seconds");
  }

  SpoolSource feed() {
    return feed;
  }

  ViewOptions view() {
    return view;
  }

  /** Until the feed has all that the snapshot sees; what an open transaction wrote may be late. */
  private void awaitFeed(Lsn walEnd) {
    long start = System.nanoTime();
    boolean nudged = false;
    while (walEnd.isAfter(feed.journal().end())) {
      check();
      if (!nudged && System.nanoTime() - start > NUDGE_NANOS) {
        nudged = true;
        nudge();
      }
      LockSupport.parkNanos(PAUSE_NANOS / 10);
    }
  }

  private void nudge() {
    try {
      tools.nudge();
    } catch (SQLException e) { // a role that may not: others commit, sooner or later
      LOG.log(DEBUG, "Nothing can be written to bring the WAL onto the disk: " + e.getMessage());
    }
  }

  private Lsn finish(Spool file, Aligned aligned, long rows) throws IOException {
    if (!feed.journal().covers(aligned.start())) {
      throw new ProblemException(
          Problem.UPSTREAM_BUSY,
          "The feed's window ended before the rows were read",
          "Make the feed with a larger window, or ask for fewer tables");
    }
    Lsn end = new Tail(feed, view, aligned.start(), file).write(aligned.state().visible());
    if (end.equals(Lsn.NONE)) { // a later snapshot sees what a filter cannot decide
      return end;
    }
    FeedPosition position = feed.stamp().of(view.hash()).at(end);
    file.kind(Spool.Kind.EVENT_ID);
    put(file, "id: " + position + "\n");
    file.kind(Spool.Kind.END);
    put(file, "{\"snapshot-end\":{\"lsn\":\"" + end + "\",\"rows\":" + rows + "}}");
    file.kind(Spool.Kind.LINE_MARK);
    put(file, "#" + end + "\n");
    file.finish();
    return end;
  }

  private static void put(Spool file, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    file.last(bytes, 0, bytes.length, Lsn.NONE);
  }

  private static ProblemException standby() {
    return new ProblemException(
        Problem.UPSTREAM_CONFIG,
        "PostgreSQL is a standby, whose snapshots do not say what they do not see",
        "Ask a server whose database is the primary; or follow without snapshot=1");
  }
}
