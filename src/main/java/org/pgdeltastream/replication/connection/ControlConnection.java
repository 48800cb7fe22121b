package org.pgdeltastream.replication.connection;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One ordinary connection that is kept, for short questions about the catalog, slots and positions:
 * of all streams, one at a time. A question opens it; after a while without questions it is closed.
 * A question has a time limit, so that it does not delay the others for long. For any thread.
 */
public final class ControlConnection implements AutoCloseable {
  /** A question, perhaps asked twice: a connection that was lost is opened again once. */
  @FunctionalInterface
  public interface Question<T> {
    T ask(Connection connection) throws SQLException;
  }

  /** Opens the connection, so that it can be cut by these. */
  @FunctionalInterface
  interface Opening {
    Connection open(OpenSockets sockets) throws SQLException;
  }

  /** Other questions took so long that this one had no turn. */
  public static final class BusyException extends SQLException {
    private static final long serialVersionUID = 1L;

    BusyException() {
      super("PostgreSQL answers too slowly for all that it is asked", "08006");
    }
  }

  private static final long TURN_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long POLL_MILLIS = 100;
  private static final long AGE_NANOS = TimeUnit.MINUTES.toNanos(10); // its backend's caches grow

  private final Opening opening;
  private final DescribedRelations described = new DescribedRelations();
  private final ReentrantLock turn = new ReentrantLock(true);
  private @Nullable Connection kept; // inside the turn, as are the two that follow
  private long openedAt;
  private long usedAt;
  private volatile OpenSockets sockets = new OpenSockets();
  private volatile boolean stale;
  private volatile boolean closed;

  ControlConnection(Opening opening) {
    this.opening = opening;
  }

  /** The answers about relations; forgotten with the connection. */
  public DescribedRelations described() {
    return described;
  }

  /**
   * Asks when it is this one's turn.
   *
   * @param asker closing it ends the question, and the wait for its turn
   */
  <T> T ask(OpenSockets asker, Question<T> question) throws SQLException {
    awaitTurn(asker);
    try {
      if (isKept()) {
        try {
          return ask(requireNonNull(kept), asker, question);
        } catch (SQLException e) {
          if (!isLost(e) || asker.isClosed() || closed) {
            throw e;
          }
        }
      }
      return ask(open(asker), asker, question);
    } finally {
      if (closed) {
        drop();
      }
      turn.unlock();
    }
  }

  private void awaitTurn(OpenSockets asker) throws SQLException {
    long deadline = System.nanoTime() + TURN_NANOS;
    try {
      while (!asker.isClosed() && System.nanoTime() - deadline < 0) {
        if (turn.tryLock(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SQLException("Interrupted", "08006", e);
    }
    throw new BusyException();
  }

  private boolean isKept() throws SQLException {
    long now = System.nanoTime();
    if (kept != null && (stale || kept.isClosed() || now - openedAt > AGE_NANOS)) {
      drop();
    }
    usedAt = now;
    return kept != null;
  }

  private Connection open(OpenSockets asker) throws SQLException {
    drop();
    OpenSockets cut = new OpenSockets();
    sockets = cut;
    Connection opened = waitedFor(cut, asker, () -> opening.open(cut));
    kept = opened;
    openedAt = System.nanoTime();
    return opened;
  }

  private <T> T ask(Connection connection, OpenSockets asker, Question<T> question)
      throws SQLException {
    return waitedFor(sockets, asker, () -> question.ask(connection));
  }

  private interface Wait<T> {
    T end() throws SQLException;
  }

  /** The asker may cut it meanwhile: the next question opens it again. */
  private static <T> T waitedFor(OpenSockets cut, OpenSockets asker, Wait<T> wait)
      throws SQLException {
    try {
      asker.add(cut);
      return wait.end();
    } catch (IOException e) {
      throw new SQLException(e.getMessage(), "08006", e);
    } finally {
      asker.remove(cut);
    }
  }

  /** Asking again can help: the connection was ended, by itself or with its server. */
  private static boolean isLost(SQLException e) {
    String state = String.valueOf(e.getSQLState());
    return (state.startsWith("08") || state.startsWith("57P"))
        && !(e.getCause() instanceof SocketTimeoutException);
  }

  /** Whether PostgreSQL answers now. */
  public void check() throws SQLException {
    ask(
        new OpenSockets(),
        connection -> {
          try (Statement statement = connection.createStatement()) {
            return statement.execute("select");
          }
        });
  }

  /**
   * Another server may answer new connections by now: whoever has lost one asks it, and not the one
   * that was asked before.
   */
  public void openAnew() {
    stale = true;
  }

  /** Closes the connection if no question came for this time. */
  public void rest(Duration unused) {
    if (turn.tryLock()) {
      try {
        if (System.nanoTime() - usedAt >= unused.toNanos()) {
          drop();
        }
      } finally {
        turn.unlock();
      }
    }
  }

  private void drop() {
    Connection former = kept;
    kept = null;
    stale = false;
    described.clear();
    if (former != null) {
      try {
        former.close();
      } catch (SQLException e) {
        // it is gone already
      }
    }
  }

  /** Keeps no connection from now on; cuts a question that waits for its answer. */
  @Override
  public void close() {
    closed = true;
    if (turn.tryLock()) {
      drop();
      turn.unlock();
    } else {
      sockets.close();
    }
  }
}
