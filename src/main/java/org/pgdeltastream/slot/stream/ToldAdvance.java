package org.pgdeltastream.slot.stream;

import java.sql.SQLException;
import java.util.Optional;
import java.util.function.Function;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.slot.upstream.KnownSlot;

/**
 * Moves a slot past what its client has. The next client is told, also one that comes before the
 * call has returned, and also if its answer is lost: then PostgreSQL may have moved it.
 */
public final class ToldAdvance {
  private static final String LOST = "08";

  private ToldAdvance() {}

  /** Moves the slot in PostgreSQL. */
  @FunctionalInterface
  public interface Move<T> {
    T run() throws SQLException;
  }

  /**
   * Moves it.
   *
   * @param by who does so, as its client is told
   * @param where the slot is after that; empty if it was not moved
   */
  public static <T> T run(KnownSlot slot, String by, Move<T> move, Function<T, Optional<Lsn>> where)
      throws SQLException {
    String former = slot.advance("is being advanced by " + by);
    try {
      T done = move.run();
      slot.advance(
          where.apply(done).map(to -> "was advanced to " + to + " by " + by).orElse(former));
      return done;
    } catch (ProblemException e) {
      slot.advance(former);
      throw e;
    } catch (SQLException e) {
      if (!String.valueOf(e.getSQLState()).startsWith(LOST)) { // PostgreSQL refused it
        slot.advance(former);
      }
      throw e;
    }
  }
}
