package org.pgdeltastream.slot.board;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.replication.ServerState;
import org.pgdeltastream.replication.ServerStateReader;
import org.pgdeltastream.replication.SlotState;
import org.pgdeltastream.replication.wal.SlotRow;
import org.pgdeltastream.slot.database.Problems;

/**
 * Reads the state of PostgreSQL for everybody: at most once a second, and only when somebody asks.
 * For any thread; one reads, the others wait for it.
 */
public final class Board {
  /** What is not older may be shown. */
  private static final Duration RECENT = Duration.ofSeconds(1);

  private static final Duration TURN = Duration.ofSeconds(3);

  private static final System.Logger LOG = System.getLogger(Board.class.getName());
  private static final long HISTORY_NANOS = Duration.ofMinutes(10).toNanos();
  private static final long STEP_NANOS = Duration.ofSeconds(5).toNanos();

  private final ServerStateReader reader;
  private final ReentrantLock turn = new ReentrantLock(true);
  private final ArrayDeque<Written> history = new ArrayDeque<>(); // in the turn, as what follows
  private long readAt;
  private @Nullable SQLException failure;
  private volatile @Nullable BoardLook last;
  private volatile boolean isDue;

  /** Somebody else waits for PostgreSQL. */
  private static final class BusyBoardException extends SQLException {
    private static final long serialVersionUID = 1L;

    BusyBoardException() {
      super("PostgreSQL has not answered for " + TURN.toSeconds() + " s", "08006");
    }
  }

  /** How far the WAL was. */
  private record Written(long at, Lsn position) {}

  public Board(ServerStateReader reader) {
    this.reader = reader;
  }

  /** At most a second old; if PostgreSQL does not answer, the last. Throws if there is none. */
  public BoardLook recent() {
    return look(RECENT);
  }

  /** As PostgreSQL is now; throws ProblemException if it does not answer. */
  public BoardLook now() {
    return look(Duration.ZERO);
  }

  /** The last, whatever its age; empty before the first. Asks nobody. */
  public Optional<BoardLook> last() {
    return Optional.ofNullable(last);
  }

  /** This server has changed slots: whoever asks next is to see it. */
  public void changed() {
    isDue = true;
  }

  /** Reads unless that was done lately; a failure shows in what is asked next. */
  public void refresh() {
    turn.lock();
    try {
      if (isOlderThan(RECENT)) {
        read();
      }
    } finally {
      turn.unlock();
    }
  }

  private BoardLook look(Duration most) {
    if (!hasTurn()) {
      return last()
          .filter(any -> !most.isZero()) // who asks for now must not be told what was
          .map(BoardLook::asStale)
          .orElseThrow(() -> Problems.of(new BusyBoardException()));
    }
    try {
      if (isDue || isOlderThan(most)) {
        read();
      }
      BoardLook present = last;
      SQLException why = failure;
      if (present == null || (why != null && most.isZero())) {
        throw Problems.of(why == null ? new BusyBoardException() : why);
      }
      return present;
    } finally {
      turn.unlock();
    }
  }

  /** Another waits for PostgreSQL, perhaps for long: then what is known is shown. */
  private boolean hasTurn() {
    try {
      return turn.tryLock(TURN.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private boolean isOlderThan(Duration most) {
    return last == null || System.nanoTime() - readAt >= most.toNanos();
  }

  private void read() {
    isDue = false;
    try {
      Instant now = Instant.now();
      ServerState state = inactive(reader.read(), now);
      note(state);
      last = new BoardLook(state, now, false, bytesPerSecond());
      failure = null;
    } catch (SQLException e) {
      LOG.log(failure == null ? WARNING : DEBUG, "The slots cannot be read: " + e.getMessage());
      failure = e;
      BoardLook former = last;
      last = former == null ? null : former.asStale();
    }
    readAt = System.nanoTime();
  }

  /** Before version 17 PostgreSQL does not say since when: since we have seen it so. */
  private ServerState inactive(ServerState state, Instant now) {
    return state.withSlots(
        slot ->
            slot.row().active() || slot.inactiveSince().isPresent()
                ? slot
                : slot.inactiveSince(seenInactive(slot.row()).orElse(now)));
  }

  /** One that has moved meanwhile was streamed, or is another of the same name. */
  private Optional<Instant> seenInactive(SlotRow row) {
    return last()
        .flatMap(look -> look.slot(row.name()))
        .filter(former -> former.row().confirmedFlush().equals(row.confirmedFlush()))
        .flatMap(SlotState::inactiveSince);
  }

  private void note(ServerState state) {
    long now = System.nanoTime();
    Written newest = history.peekLast();
    if (newest != null && newest.position().isAfter(state.walPosition())) {
      history.clear(); // another server
    }
    if (newest == null || history.size() < 2 || now - newest.at() >= STEP_NANOS) {
      history.add(new Written(now, state.walPosition()));
    }
    while (now - history.element().at() > HISTORY_NANOS) {
      history.remove();
    }
  }

  private OptionalDouble bytesPerSecond() {
    Written oldest = history.element();
    Written newest = history.getLast();
    double seconds = (newest.at() - oldest.at()) / 1e9;
    return seconds < 0.5
        ? OptionalDouble.empty()
        : OptionalDouble.of((newest.position().value() - oldest.position().value()) / seconds);
  }
}
