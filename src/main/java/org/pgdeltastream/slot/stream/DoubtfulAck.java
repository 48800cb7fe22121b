package org.pgdeltastream.slot.stream;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.pgdeltastream.change.Lsn;

/**
 * Acknowledgements of positions that were not sent here: the client may have got them elsewhere,
 * but not if PostgreSQL has not even written them. PostgreSQL is asked once a second at most,
 * whatever the client does, and not by the thread that acknowledges. For any thread.
 */
final class DoubtfulAck {
  /** The question to PostgreSQL. */
  @FunctionalInterface
  interface Question {
    boolean isBeyondWal(Lsn lsn) throws SQLException;
  }

  private static final long PAUSE_NANOS = Duration.ofSeconds(1).toNanos();

  private Lsn highest = Lsn.NONE;
  private Lsn written = Lsn.NONE; // PostgreSQL has said so
  private long nextCheck;

  /** Begins now. */
  DoubtfulAck(long now) {
    nextCheck = now;
  }

  synchronized void add(Lsn lsn) {
    highest = highest.max(lsn);
  }

  synchronized boolean isDue(long now) {
    return highest.isAfter(written) && now - nextCheck >= 0;
  }

  /** The position, if PostgreSQL has not written it. If it cannot be asked, ask again later. */
  Optional<Lsn> ask(long now, Question question) throws SQLException {
    Lsn asked;
    synchronized (this) {
      asked = highest;
      nextCheck = now + PAUSE_NANOS;
    }
    if (question.isBeyondWal(asked)) {
      return Optional.of(asked);
    }
    synchronized (this) {
      written = asked;
    }
    return Optional.empty();
  }
}
