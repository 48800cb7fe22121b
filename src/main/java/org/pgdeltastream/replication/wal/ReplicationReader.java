package org.pgdeltastream.replication.wal;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MalformedMessageException;
import org.pgdeltastream.replication.connection.CopyData;

/**
 * Reads one slot. Only the thread inside {@link #run()} reads the stream; others may stop it, or
 * report while it is inside a send.
 */
public final class ReplicationReader {
  private static final int WAIT_MILLIS = 250;
  private static final long PAUSE_NANOS = 5_000_000;
  private static final long CHECK_NANOS = 2_000_000; // no message waits longer for the next one
  private static final int WAL_DATA_HEADER = 25; // 'w', start, server's WAL end, time
  private static final int POSITION = 1; // where it begins, or the server's WAL end
  private static final int SEND_TIME = 17; // its index in WAL data
  private static final VarHandle INT64 =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final int KEEPALIVE_LENGTH = 18; // 'k', server's WAL end, time, reply wanted

  private final ReplicationConnection connection;
  private final int walsender;
  private final ReplicationStream stream;
  private final Optional<CatchUp> catchUp;
  private final WalListener listener;
  private volatile boolean stopping;

  ReplicationReader(
      ReplicationConnection connection,
      int walsender,
      ReplicationStream stream,
      Optional<CatchUp> catchUp,
      WalListener listener) {
    this.connection = connection;
    this.walsender = walsender;
    this.stream = stream;
    this.catchUp = catchUp;
    this.listener = listener;
  }

  /** Reads until it is stopped or something fails; reports a last time and closes in any case. */
  public void run() throws SQLException, IOException {
    try {
      if (catchUp.isPresent()) {
        listener.onStart(true);
        catchUp.get().read(listener, stream, () -> stopping);
      }
      listener.onStart(false);
      long checked = System.nanoTime();
      while (!stopping) {
        if (!listener.wantsMore()) {
          stream.doesNotWait();
          stream.tryReport();
          listener.onPause();
          LockSupport.parkNanos(PAUSE_NANOS);
          continue;
        }
        CopyData message = stream.poll();
        if (message == null) {
          listener.onPause();
          checked = System.nanoTime();
          message = stopping ? null : stream.await(WAIT_MILLIS); // another connection repeats it
        }
        if (message != null) {
          read(message);
          if (System.nanoTime() - checked > CHECK_NANOS) {
            stream.tryReport();
            listener.onPause();
            checked = System.nanoTime();
          }
        }
      }
    } finally {
      close();
    }
  }

  /** Cuts the connection at once; {@link #run()} fails as if PostgreSQL had gone. */
  public void abort() {
    catchUp.ifPresent(CatchUp::close);
    connection.close();
  }

  /** Makes {@link #run()} end within the time it waits for input. */
  public void stop() {
    stopping = true;
    catchUp.ifPresent(CatchUp::close);
  }

  /** How long PostgreSQL has given no sign of life; it is asked for one every five seconds. */
  public Duration silence() {
    return Duration.ofNanos(
        catchUp.filter(CatchUp::isReading).map(CatchUp::silentNanos).orElse(stream.silentNanos()));
  }

  /** The process number of the backend that the reader reads from now. */
  public int process() {
    return catchUp.filter(CatchUp::isReading).map(CatchUp::process).orElse(walsender);
  }

  /** The process number of the walsender. */
  public int walsender() {
    return walsender;
  }

  /** The highest position that was reported to PostgreSQL. */
  public Lsn reported() {
    return stream.reported();
  }

  /** Reports for a reader that is inside a send. */
  public void reportWhileSending() {
    try {
      stream.tryReport();
    } catch (SQLException e) {
      // the reader meets the same failure when it reads, and reports it
    }
  }

  private void read(CopyData message) throws IOException {
    message.need(1);
    byte[] bytes = message.bytes();
    int start = message.start();
    switch (bytes[start]) {
      case 'w' -> {
        message.need(WAL_DATA_HEADER);
        int output = start + WAL_DATA_HEADER;
        long committed = listener.committedAt(bytes, output, message.end());
        if (committed != WalListener.NO_COMMIT_TIME) {
          stream.late((long) INT64.get(bytes, start + SEND_TIME) - committed);
        }
        long position = (long) INT64.get(bytes, start + POSITION);
        listener.onWalData(bytes, output, message.end(), position);
      }
      case 'k' -> {
        message.need(KEEPALIVE_LENGTH);
        if (bytes[start + KEEPALIVE_LENGTH - 1] == 1) {
          stream.replyRequested();
        }
        listener.onServerWalEnd(new Lsn((long) INT64.get(bytes, start + POSITION)));
      }
      default ->
          throw new MalformedMessageException("Unknown replication message: " + bytes[start]);
    }
  }

  private void close() {
    try {
      stream.reportLast();
      catchUp.ifPresent(CatchUp::close);
      connection.finish();
    } catch (SQLException e) {
      // the connection is lost; PostgreSQL keeps the last position that reached it
    } finally {
      abort();
    }
  }
}
