package org.pgdeltastream.replication;

import java.io.IOException;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.postgresql.copy.CopyDual;
import org.postgresql.copy.CopyOut;

/**
 * What COPY sends us, message by message: in place where the socket is ours and not encrypted,
 * through the driver otherwise. Not for two threads.
 */
final class CopyInput {
  /** The driver's. */
  private interface Source {
    byte @Nullable [] read(boolean wait) throws SQLException;
  }

  private final Source driver;
  private final Optional<SocketInput> socket;
  private final boolean inPlace;
  private final CopyData data = new CopyData();
  private long pauseMillis = 1;

  CopyInput(CopyDual copy, InputConnection connection) {
    this(copy::readFromCopy, connection);
  }

  CopyInput(CopyOut copy, InputConnection connection) {
    this(copy::readFromCopy, connection);
  }

  private CopyInput(Source driver, InputConnection connection) {
    this.driver = driver;
    this.socket = connection.input();
    this.inPlace = socket.filter(input -> !input.isEncrypted()).isPresent();
    if (inPlace) {
      socket.get().readInPlace();
    }
  }

  /** The next message if it can be taken without the driver; null if not. */
  @Nullable CopyData take() {
    return inPlace ? socket.get().take() : null;
  }

  /** The next message if one is here; null if not. Valid up to the next call. */
  @Nullable CopyData poll() throws SQLException {
    if (!inPlace) {
      return fromDriver(false);
    }
    SocketInput input = socket.get();
    CopyData here = input.take();
    if (here != null || !input.isForDriver()) {
      return here;
    }
    input.driverReads(true);
    try {
      return fromDriver(false);
    } finally {
      input.driverReads(false);
    }
  }

  /**
   * Waits outside the driver until input has come, for a bounded time.
   *
   * @return a message, if the driver had to be asked for it; null tells to poll
   */
  @Nullable CopyData await(int milliseconds) throws SQLException, IOException {
    if (socket.isEmpty()) {
      LockSupport.parkNanos(pauseMillis * 1_000_000);
      pauseMillis = Math.min(10, pauseMillis + 1);
      return null;
    }
    boolean came = socket.get().await(milliseconds);
    return came && !inPlace ? fromDriver(true) : null; // it alone can tell a message from the bytes
  }

  private @Nullable CopyData fromDriver(boolean wait) throws SQLException {
    byte[] message = driver.read(wait);
    if (message == null) {
      return null;
    }
    pauseMillis = 1;
    return data.set(message, 0, message.length);
  }
}
