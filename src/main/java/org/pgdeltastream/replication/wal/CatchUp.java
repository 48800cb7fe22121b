package org.pgdeltastream.replication.wal;

import java.io.IOException;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.replication.connection.CopyData;
import org.pgdeltastream.replication.connection.CopyInput;
import org.pgdeltastream.replication.connection.Silence;
import org.pgdeltastream.replication.wal.CatchUpPieces.Next;
import org.pgdeltastream.replication.wal.CatchUpPieces.Piece;

/**
 * Reads by queries what a slot has missed while nobody read it: an ordinary backend fills its
 * buffer before it sends, where a walsender sends each message by itself (StreamBenchmark W1, W2,
 * W5). It reads copies of the slot, piece by piece; while the client takes one, another backend
 * decodes the next. Meanwhile the stream's walsender holds the slot: it waits at {@link #end}, and
 * the reader reports acknowledged positions to it as usual.
 */
public final class CatchUp implements AutoCloseable {
  private static final int WAIT_MILLIS = 250;
  private static final long PAUSE_NANOS = 5_000_000;
  private static final int MOST_SENDING = 2; // times decoding (StreamBenchmark W5)
  private static final int CHECK_MILLIS = 2;
  private static final long CHECK_NANOS = CHECK_MILLIS * 1_000_000L;

  private final CatchUpPieces pieces;
  private final Executor threads;
  private final Runnable ended;
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile SlotCopy awaited;
  private volatile boolean reading;

  /**
   * Reads nothing yet.
   *
   * @param threads for ending the backends
   * @param ended called once, when they are gone
   */
  CatchUp(CatchUpPieces pieces, Executor threads, Runnable ended) {
    this.pieces = pieces;
    this.threads = threads;
    this.ended = ended;
    this.awaited = pieces.firstCopy();
  }

  /**
   * Where the walsender begins: it skips what was committed before, which is read here. A commit
   * that lies across the end is neither left out nor read twice.
   */
  public Lsn end() {
    return pieces.firstCopy().end();
  }

  /** The options of the plugin, as the walsender got them. */
  void options(Map<String, String> agreed) {
    pieces.options(agreed);
  }

  /** A thread is inside {@link #read}. */
  boolean isReading() {
    return reading;
  }

  /** The process number of the backend that the reader waits for. */
  int process() {
    return awaited.process();
  }

  /** How long the backend has given no sign of life to a reader that waits for one. */
  long silentNanos() {
    return awaited.silence().nanos(System.nanoTime());
  }

  /**
   * Reads up to the end, piece by piece, and closes.
   *
   * @throws CatchUpEndException if the walsender is as quick. It stands at the end: the stream has
   *     to connect again
   * @throws SQLException as for a lost connection: the same
   */
  void read(WalListener listener, ReplicationStream walsender, BooleanSupplier stopping)
      throws SQLException, IOException {
    reading = true;
    Client client = new Client(listener, walsender, stopping);
    try {
      Optional<Piece> piece = client.awaitFirst();
      boolean first = true;
      while (piece.isPresent() && !stopping.getAsBoolean()) {
        Next next = pieces.behind(piece.get());
        String pointless = client.take(piece.get(), first);
        if (stopping.getAsBoolean()) {
          return; // the driver would wait for the end of a COPY that still runs
        }
        if (pointless != null && CatchUpPieces.isMoreBehind(piece.get())) {
          throw new CatchUpEndException(pointless);
        }
        first = false;
        piece = client.await(next);
      }
      if (!stopping.getAsBoolean() && closed.compareAndSet(false, true)) {
        end(pieces::close);
      }
    } catch (CatchUpEndException e) {
      throw e;
    } catch (SQLException e) {
      if (!stopping.getAsBoolean()) {
        throw new SQLException("The catch-up was lost: " + e.getMessage(), "08006", e);
      }
    } finally {
      reading = false;
      close();
    }
  }

  /** Takes the rows; the reader checks it meanwhile. */
  private final class Client {
    private final WalListener listener;
    private final ReplicationStream walsender;
    private final BooleanSupplier stopping;

    Client(WalListener listener, ReplicationStream walsender, BooleanSupplier stopping) {
      this.listener = listener;
      this.walsender = walsender;
      this.stopping = stopping;
    }

    private void check() throws SQLException, IOException {
      walsender.tryReport();
      listener.onPause();
    }

    /** Takes a piece; returns the reason if a walsender is as quick. */
    @Nullable String take(Piece piece, boolean first) throws SQLException, IOException {
      CopyInput input = new CopyInput(piece.rows(), piece.copy().database());
      CatchUpRows rows = new CatchUpRows(listener);
      awaited = piece.copy();
      long start = System.nanoTime();
      long checked = start;
      while (piece.rows().isActive() && !stopping.getAsBoolean()) {
        boolean wanted = listener.wantsMore();
        CopyData row = wanted ? input.poll() : null;
        if (row == null || System.nanoTime() - checked > CHECK_NANOS) {
          check();
          checked = System.nanoTime();
          if (stopping.getAsBoolean()) {
            break; // another connection repeats the row
          }
        }
        if (!wanted) {
          LockSupport.parkNanos(PAUSE_NANOS);
        } else if (row == null && piece.rows().isActive()) {
          row = await(piece.copy().silence(), input);
        }
        if (row != null) {
          rows.take(row);
        }
      }
      return pointless(rows, first, piece.decodedNanos(), System.nanoTime() - start);
    }

    /** A row, if only the driver could read it; null means: try again. */
    private @Nullable CopyData await(Silence silence, CopyInput input)
        throws SQLException, IOException {
      silence.waiting(!input.isStarved());
      CopyData row = input.await(WAIT_MILLIS);
      silence.waiting(false);
      return row;
    }

    private static @Nullable String pointless(
        CatchUpRows rows, boolean first, long decodedNanos, long sentNanos) {
      if (rows.count() == 0) {
        return "this piece of WAL held nothing for the slot (a large open transaction, or other databases)";
      }
      Optional<String> wide = SlotCopy.tooWide(rows.bytesOfOne());
      if (wide.isPresent()) {
        return wide.get();
      }
      return first || sentNanos <= decodedNanos * MOST_SENDING // the first may find us cold
          ? null
          : "PostgreSQL is quicker than the client";
    }

    Optional<Piece> awaitFirst() throws SQLException, IOException {
      listener.away(true);
      try {
        return pieces.first();
      } finally {
        listener.away(false);
      }
    }

    Optional<Piece> await(Next next) throws SQLException, IOException {
      awaited = next.copy();
      listener.away(true);
      try {
        next.task().run(); // does nothing where another thread does it
      } finally {
        listener.away(false);
      }
      while (!stopping.getAsBoolean()) {
        try {
          return next.task().get(CHECK_MILLIS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
          check();
        } catch (ExecutionException e) {
          throw e.getCause() instanceof SQLException known ? known : new SQLException(e.getCause());
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new SQLException("Interrupted", "08006", e);
        }
      }
      return Optional.empty();
    }
  }

  /**
   * Ends the backends, and with them the copies; once, and in another thread, since PostgreSQL may
   * not answer.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    Runnable cancel = () -> end(pieces::cancel);
    try {
      threads.execute(cancel);
    } catch (RuntimeException
        | OutOfMemoryError e) { // refused, or no thread: gives its permit back
      cancelInAThreadOfItsOwn(cancel);
    }
  }

  private void cancelInAThreadOfItsOwn(Runnable cancel) {
    Thread canceller = new Thread(cancel, "cancel a catch-up");
    canceller.setDaemon(true);
    try {
      canceller.start();
    } catch (OutOfMemoryError e) { // no memory for a thread
      end(pieces::close);
      throw e;
    }
  }

  private void end(Runnable backends) {
    try {
      backends.run();
    } finally {
      ended.run();
    }
  }
}
