package org.pgdeltastream.replication;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * A socket's input with a buffer of ours in front of the driver, so that the reader can wait for
 * input outside the driver, for a bounded time, and sees the end of the connection at once. Read by
 * one thread at a time.
 *
 * <p>A walsender sends each message by itself, and waking a waiting reader for it costs both sides
 * more than the message. Once the reader is behind, {@link #gather} lets the small receive buffer
 * fill up first: then sending is a mere copy for the walsender (StreamBenchmark W1: twice the rate
 * at half of its CPU time).
 */
final class SocketInput extends InputStream {
  private static final int SIZE = 32 * 1024;
  private static final int DRIVERS_LOOK_MILLIS = 1;
  private static final long PAUSE_NANOS = 10_000_000;
  private static final long STEP_NANOS = 2_000_000;
  private static final int MOST_STEPS = 20;
  private static final long STALL_NANOS = 150_000_000; // a sender's shortest timer is 200 ms
  private static final long TOGETHER_NANOS = 1_000_000_000;
  private static final int MOST_STALLS = 3;
  private static final int AMPLE = 256 * 1024; // more than twice the largest segment

  private final Socket socket;
  private final InputStream source;
  private final int receiveBuffer;
  private final int shortRead;
  private final LongSupplier clock;
  private final byte[] buffer = new byte[SIZE];
  private int next;
  private int end;
  private boolean answersLooks;
  private boolean behind;
  private int lastRead = Integer.MAX_VALUE;
  private int stalls;
  private long stalledAt;
  private volatile long heardAt;

  /**
   * Takes a connected socket's input.
   *
   * @param receiveBuffer bytes that the system keeps for us, as asked for before the connect; 0 for
   *     its own choice, with which nothing is gathered
   */
  SocketInput(Socket socket, InputStream source, int receiveBuffer) {
    this(socket, source, receiveBuffer, System::nanoTime);
  }

  SocketInput(Socket socket, InputStream source, int receiveBuffer, LongSupplier clock) {
    this.socket = socket;
    this.source = source;
    this.clock = clock;
    this.heardAt = clock.getAsLong();
    this.receiveBuffer = receiveBuffer;
    this.shortRead = Math.min(receiveBuffer, SIZE) / 2;
  }

  /** Whether what is read now was written a while ago, and more waits behind it. */
  void behind(boolean late) {
    behind = late;
  }

  /** When the last byte came, by the monotonic clock. */
  long heardAt() {
    return heardAt;
  }

  /**
   * Waits until there is input.
   *
   * @return false if there was none in this time
   * @throws EOFException if the other side has closed the connection
   */
  boolean await(int milliseconds) throws IOException {
    if (next < end) {
      return true;
    }
    int before = socket.getSoTimeout();
    socket.setSoTimeout(milliseconds);
    try {
      if (!fill()) {
        throw new EOFException("The database closed the connection");
      }
      return true;
    } catch (SocketTimeoutException e) {
      behind = false;
      return false;
    } finally {
      socket.setSoTimeout(before);
    }
  }

  /** What can be read without asking the system: the driver must not refill the buffer itself. */
  @Override
  public int available() {
    return end - next;
  }

  @Override
  public int read() throws IOException {
    if (next == end && !fillForDriver()) {
      return -1;
    }
    return buffer[next++] & 0xFF;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (next == end && !fillForDriver()) {
      return -1;
    }
    int count = Math.min(length, end - next);
    System.arraycopy(buffer, next, target, offset, count);
    next += count;
    return count;
  }

  /**
   * The driver looks for a message by waiting a millisecond for one, each time. From now on it is
   * answered at once that there is none: the reader waits in {@link #await}, after a flush. Not for
   * encrypted input, which must not be interrupted inside a record.
   */
  void answerLooksAtOnce() {
    answersLooks = true;
  }

  private boolean fillForDriver() throws IOException {
    if (answersLooks && socket.getSoTimeout() == DRIVERS_LOOK_MILLIS) {
      throw new SocketTimeoutException("nothing is here yet");
    }
    return fill();
  }

  private boolean fill() throws IOException {
    next = 0;
    end = 0;
    if (behind && lastRead < shortRead) {
      gather();
    }
    long asked = clock.getAsLong();
    lastRead = source.read(buffer, 0, buffer.length);
    long now = clock.getAsLong();
    heardAt = now;
    end = Math.max(lastRead, 0);
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

  /** For a sender that fills it by large pieces, or that does not get on with a small one. */
  void enlargeReceiveBuffer() throws IOException {
    socket.setReceiveBufferSize(AMPLE);
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
