package org.pgdeltastream.replication.connection;

import java.io.IOException;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.HeapShare;
import org.pgdeltastream.change.HeapUsedUpException;
import org.postgresql.copy.CopyDual;
import org.postgresql.copy.CopyOut;

/**
 * The messages that COPY sends us: taken in place where the socket is ours and not encrypted,
 * through the driver otherwise. A large message waits until the heap has space for it. Not for two
 * threads.
 */
public final class CopyInput {
  /** The driver's. */
  private interface Source {
    byte @Nullable [] read(boolean wait) throws SQLException;
  }

  private static final long NOT_STARVED = Long.MIN_VALUE;
  private static final long MOST_STARVED_NANOS = 20_000_000_000L;
  private static final long STARVED_PAUSE_NANOS = 5_000_000;
  private static final byte[] NOTHING = {};

  private final Source driver;
  private final Optional<SocketInput> socket;
  private final boolean inPlace;
  private final CopyData data = new CopyData();
  private final HeapShare heap;
  private long pauseMillis = 1;
  private boolean large; // the message that is held is an array of its own, worth counting
  private long starvedSince = NOT_STARVED;

  public CopyInput(CopyDual copy, InputConnection connection) {
    this(copy::readFromCopy, connection);
  }

  public CopyInput(CopyOut copy, InputConnection connection) {
    this(copy::readFromCopy, connection);
  }

  private CopyInput(Source driver, InputConnection connection) {
    this.driver = driver;
    this.socket = connection.input();
    this.heap = connection.heap();
    this.inPlace = socket.filter(input -> !input.isEncrypted()).isPresent();
    if (inPlace) {
      socket.get().readInPlace();
    }
  }

  /** The next message if it can be taken without the driver; null if not. */
  public @Nullable CopyData take() {
    if (large) {
      letGo();
    }
    return inPlace ? socket.get().take() : null;
  }

  /** The next message if one is here; null if not. Valid up to the next call. */
  public @Nullable CopyData poll() throws SQLException {
    if (large) {
      letGo();
    }
    if (!inPlace) {
      return fromDriver(false);
    }
    SocketInput input = socket.get();
    CopyData here = input.take();
    if (here != null || !input.isForDriver() || !fitsHeap(input.lengthOfData())) {
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
   * @return a message, if only the driver could read it; null means: poll
   * @throws HeapUsedUpException if the heap had no space for the message for a long time
   */
  public @Nullable CopyData await(int milliseconds) throws SQLException, IOException {
    if (isStarved()) {
      awaitHeap(socket.orElseThrow().lengthOfData());
      return null;
    }
    if (socket.isEmpty()) {
      LockSupport.parkNanos(pauseMillis * 1_000_000);
      pauseMillis = Math.min(10, pauseMillis + 1);
      return null;
    }
    boolean came = socket.get().await(milliseconds);
    return came && !inPlace ? fromDriver(true) : null; // only it can read a message
  }

  private @Nullable CopyData fromDriver(boolean wait) throws SQLException {
    byte[] message = driver.read(wait);
    if (message == null) {
      return null;
    }
    pauseMillis = 1;
    if (message.length >= HeapBudget.STEP) {
      large = true;
      heap.holdAnyway(message.length); // its length could not be known before, or was held
    }
    return data.set(message, 0, message.length);
  }

  /** The driver makes an array of a message's length. */
  private boolean fitsHeap(int length) {
    boolean held = heap.tryHold(Math.max(0, length));
    if (held) {
      starvedSince = NOT_STARVED;
    } else if (!isStarved()) {
      starvedSince = System.nanoTime();
    }
    return held;
  }

  /** The heap has no space for the next message: PostgreSQL waits, and so does the reader. */
  public boolean isStarved() {
    return starvedSince != NOT_STARVED;
  }

  private void awaitHeap(int length) throws HeapUsedUpException {
    if (heap.isHopeless(length) || System.nanoTime() - starvedSince > MOST_STARVED_NANOS) {
      heap.hold(length);
    }
    LockSupport.parkNanos(STARVED_PAUSE_NANOS);
  }

  private void letGo() {
    data.set(NOTHING, 0, 0);
    heap.holdAnyway(0);
    large = false;
  }
}
