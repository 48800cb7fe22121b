package org.pgdeltastream.slot.stream;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.pgdeltastream.change.Lsn;

/**
 * What a client acknowledged and was not sent here: it may have been elsewhere, but not if
 * PostgreSQL has not even written it. That is asked once a second at most, whatever the client
 * does, and not by the thread that acknowledges. For any thread.
 */
final class DoubtfulAck {
  /** What PostgreSQL is asked. */
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
    highest = lsn.isAfter(highest) ? lsn : highest;
  }

  synchronized boolean isDue(long now) {
    return highest.isAfter(written) && now - nextCheck >= 0;
  }

  /** One that PostgreSQL has not written, if it says so. Where it cannot be asked, it will be. */
  Optional<Lsn> look(long now, Question question) throws SQLException {
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
