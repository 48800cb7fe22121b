package org.pgdeltastream.replication.connection;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteOrder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A socket's input with a buffer of ours in front of the driver, so that the reader can wait for
 * input outside the driver, for a bounded time, and sees the end of the connection at once. Read by
 * one thread at a time.
 *
 * <p>The driver gets no more than the rest of a message at once, so that between two messages it
 * holds nothing. CopyData that is here whole is then taken in place: the driver would make an array
 * for each (StreamBenchmark).
 *
 * <p>A walsender sends each message by itself, and waking a waiting reader for it costs both sides
 * more than the message. Once the reader is behind, {@link #gather} lets the small receive buffer
 * fill up first: then sending is a mere copy for the walsender (StreamBenchmark W1: twice the rate
 * at half of its CPU time).
 */
public final class SocketInput extends InputStream {
  private static final int SIZE = 32 * 1024;
  private static final int LONGEST_IN_PLACE = SIZE / 2; // a refill behind a part of one is long
  private static final byte COPY_DATA = 'd';
  private static final VarHandle INT32 =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final int DRIVERS_POLL_MILLIS = 1;
  private static final long PAUSE_NANOS = 10_000_000;
  private static final long STEP_NANOS = 2_000_000;
  private static final long BULK_PAUSE_NANOS = 1_000_000;
  private static final int MOST_STEPS = 20;
  private static final long STALL_NANOS = 150_000_000; // a sender's shortest timer is 200 ms
  private static final long TOGETHER_NANOS = 1_000_000_000;
  private static final int MOST_STALLS = 3;
  private static final long FINISH_NANOS = 3_000_000_000L;
  private static final int UNKNOWN = -1;
  private static final int MALFORMED = -2;
  private static final int AMPLE = 256 * 1024; // more than twice the largest segment

  private final Socket socket;
  private final InputStream source;
  private final int receiveBuffer;
  private final int shortRead;
  private final LongSupplier clock;
  private final byte[] buffer = new byte[SIZE];
  private final MessageBounds bounds = new MessageBounds();
  private final CopyData data = new CopyData();
  private int next;
  private int end;
  private volatile boolean inPlace;
  private volatile boolean driverReads;
  private boolean behind;
  private boolean inBulk;
  private int lastRead = Integer.MAX_VALUE;
  private int stalls;
  private long stalledAt;
  private volatile long receivedAt;

  /**
   * Takes a connected socket's input.
   *
   * @param receiveBuffer bytes that the system keeps for us, as asked for before the connect; 0 for
   *     its own choice, with which nothing is gathered
   */
  public SocketInput(Socket socket, InputStream source, int receiveBuffer) {
    this(socket, source, receiveBuffer, System::nanoTime);
  }

  public SocketInput(Socket socket, InputStream source, int receiveBuffer, LongSupplier clock) {
    this.socket = socket;
    this.source = source;
    this.clock = clock;
    this.receivedAt = clock.getAsLong();
    this.receiveBuffer = receiveBuffer;
    this.shortRead = Math.min(receiveBuffer, SIZE) / 2;
  }

  /** Whether what is read now was written a while ago, and more waits behind it. */
  public void behind(boolean late) {
    behind = late;
  }

  /** By the other end of the socket: then its bytes are no messages. */
  boolean isEncrypted() {
    return bounds.isEncrypted();
  }

  /** When the last byte came, by the monotonic clock. */
  public long receivedAt() {
    return receivedAt;
  }

  /**
   * From now on messages are taken in place, and the driver reads only on request: by itself it
   * would poll for messages after each of ours, and would wait a millisecond for one. Not for
   * encrypted input.
   */
  void readInPlace() {
    inPlace = true;
  }

  /** The next message, if it is CopyData and here whole. */
  @Nullable CopyData take() {
    int length = lengthOfData();
    if (length < 0 || length > end - next) {
      return null;
    }
    data.set(buffer, next + MessageBounds.HEADER, next + length);
    next += length;
    return data;
  }

  /** The next message is here, or begins here, and the driver has to read it. */
  boolean isForDriver() {
    return next < end
        && (!bounds.atBoundary()
            || buffer[next] != COPY_DATA
            || lengthOfData() > LONGEST_IN_PLACE
            || lengthOfData() == MALFORMED);
  }

  /** Of the CopyData that begins here, with its header; negative while it is not known. */
  int lengthOfData() {
    if (end - next < MessageBounds.HEADER || !bounds.atBoundary() || buffer[next] != COPY_DATA) {
      return UNKNOWN;
    }
    int length = (int) INT32.get(buffer, next + 1);
    return length < MessageBounds.HEADER - 1 || length == Integer.MAX_VALUE
        ? MALFORMED
        : length + 1;
  }

  /** The driver is about to read a message, or has read it. */
  void driverReads(boolean now) {
    driverReads = now;
  }

  /**
   * Waits until there is a message, or input where it is not taken in place.
   *
   * @return false if there was none in this time
   * @throws EOFException if the other side has closed the connection
   */
  boolean await(int milliseconds) throws IOException {
    int before = socket.getSoTimeout();
    socket.setSoTimeout(milliseconds);
    try {
      while (!isHere()) {
        if (inBulk && lastRead < SIZE / 2) {
          LockSupport.parkNanos(BULK_PAUSE_NANOS);
        }
        if (!fill()) {
          throw new EOFException("The database closed the connection");
        }
      }
      return true;
    } catch (SocketTimeoutException e) {
      behind = false;
      return false;
    } finally {
      socket.setSoTimeout(before);
    }
  }

  private boolean isHere() {
    if (!inPlace || next == end) {
      return next < end;
    }
    int length = lengthOfData();
    return (length > 0 && length <= end - next) || isForDriver();
  }

  /** The bytes that need no system call: the driver must not refill the buffer itself. */
  @Override
  public int available() {
    return !inPlace || driverReads ? end - next : 0;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (inPlace && (!driverReads || next == end) && socket.getSoTimeout() == DRIVERS_POLL_MILLIS) {
      throw new SocketTimeoutException("nothing is here yet"); // the reader waits in await
    }
    if (next == end && !fill()) {
      return -1;
    }
    int count = bounds.pass(buffer, next, Math.min(length, end - next));
    System.arraycopy(buffer, next, target, offset, count);
    next += count;
    return count;
  }

  private boolean fill() throws IOException {
    System.arraycopy(buffer, next, buffer, 0, end - next); // a part of a message, at the most
    end -= next;
    next = 0;
    if (behind && lastRead < shortRead) {
      gather();
    }
    long asked = clock.getAsLong();
    lastRead = source.read(buffer, end, buffer.length - end);
    long now = clock.getAsLong();
    receivedAt = now;
    end += Math.max(lastRead, 0);
    if (now - asked > STALL_NANOS && receiveBuffer > 0 && lastRead > receiveBuffer / 4) {
      stalled(now);
    }
    return lastRead > 0;
  }

  /**
   * On the loopback address a segment may be half of the largest window that we ever had. Where
   * Linux makes the window of a small buffer less than that, it sends by a timer alone, a window
   * each 200 ms, to the end of the connection (seen in StreamBenchmark W5). More buffer ends that.
   */
  private void stalled(long now) throws IOException {
    stalls = now - stalledAt < TOGETHER_NANOS ? stalls + 1 : 1;
    stalledAt = now;
    if (stalls == MOST_STALLS) {
      enlargeReceiveBuffer();
    }
  }

  private void enlargeReceiveBuffer() throws IOException {
    socket.setReceiveBufferSize(AMPLE);
  }

  /**
   * Ends our side of the connection and drops what still comes, for three seconds at most: a socket
   * that is closed with unread input resets the connection, and a server that is sending then sees
   * the reset before our last report.
   */
  void finish() throws IOException {
    socket.shutdownOutput();
    long deadline = clock.getAsLong() + FINISH_NANOS;
    socket.setSoTimeout((int) (FINISH_NANOS / 1_000_000));
    while (source.read(buffer) >= 0 && clock.getAsLong() - deadline < 0) {
      next = 0;
      end = 0;
    }
  }

  /**
   * For a sender of large pieces, none of which is urgent: a reader that is quicker lets some
   * gather (StreamBenchmark W2).
   */
  public void readInBulk() throws IOException {
    enlargeReceiveBuffer();
    inBulk = true;
  }

  /** Pauses once the receive buffer is full or nothing more comes; a long read needs no pause. */
  private void gather() throws IOException {
    int before = -1;
    int now = source.available();
    for (int step = 0; now > before && step < MOST_STEPS; step++) {
      LockSupport.parkNanos(STEP_NANOS);
      before = now;
      now = source.available();
    }
    LockSupport.parkNanos(PAUSE_NANOS);
  }
}
