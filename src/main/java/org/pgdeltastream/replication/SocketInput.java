package org.pgdeltastream.replication;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;

/**
 * A socket's input with a buffer of ours in front of the driver, so that the reader can wait for
 * input outside the driver, for a bounded time, and sees the end of the connection at once. Read by
 * one thread at a time.
 */
final class SocketInput extends InputStream {
  private static final int SIZE = 32 * 1024;

  private final Socket socket;
  private final InputStream source;
  private final byte[] buffer = new byte[SIZE];
  private int next;
  private int end;
  private volatile long heardAt = System.nanoTime();

  SocketInput(Socket socket, InputStream source) {
    this.socket = socket;
    this.source = source;
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
      return false;
    } finally {
      socket.setSoTimeout(before);
    }
  }

  @Override
  public int available() throws IOException {
    return next < end ? end - next : source.available();
  }

  @Override
  public int read() throws IOException {
    if (next == end && !fill()) {
      return -1;
    }
    return buffer[next++] & 0xFF;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (next == end) {
      if (length >= SIZE) {
        return heard(source.read(target, offset, length));
      }
      if (!fill()) {
        return -1;
      }
    }
    int count = Math.min(length, end - next);
    System.arraycopy(buffer, next, target, offset, count);
    next += count;
    return count;
  }

  private int heard(int count) {
    heardAt = System.nanoTime();
    return count;
  }

  private boolean fill() throws IOException {
    next = 0;
    end = 0;
    int count = heard(source.read(buffer, 0, SIZE));
    end = Math.max(count, 0);
    return count > 0;
  }
}
