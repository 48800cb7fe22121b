package org.pgdeltastream.web.socket;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.WebConnection;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Writes to an upgraded connection. The container never blocks: this waits until it reports that a
 * write is possible, and a cut ends the wait. Tomcat's own blocking write has no time limit. One
 * thread at a time writes; any thread may report or cut.
 */
final class TimedOutput {
  private final WebConnection connection;
  private final ServletOutputStream output;
  private final Semaphore possible = new Semaphore(0);
  private boolean unflushed; // the writing thread's
  private final Duration limit;
  private volatile boolean released;
  private volatile long movedAt = System.nanoTime();
  private volatile boolean over;

  /**
   * The output of a connection.
   *
   * @param limit how long a wait may take
   */
  TimedOutput(WebConnection connection, Duration limit) throws IOException {
    this.connection = connection;
    this.output = connection.getOutputStream();
    this.limit = limit;
  }

  void write(byte[] bytes, int length) throws IOException {
    await();
    movedAt = System.nanoTime(); // what was written before has left the container
    output.write(bytes, 0, length);
    unflushed = true;
  }

  /** Hands on what was written. */
  void flush() throws IOException {
    if (unflushed) {
      await();
      output.flush();
      unflushed = false;
    }
  }

  /** Waits until a write is possible; after a flush: until everything is written. */
  void await() throws IOException {
    while (true) {
      possible.drainPermits(); // before the question: an answer that comes between must count
      if (over) {
        throw new IOException("The connection is closed");
      }
      if (isPossible()) {
        return;
      }
      if (released) {
        throw new ReleasedException();
      }
      try {
        if (!possible.tryAcquire(limit.toNanos(), TimeUnit.NANOSECONDS)) {
          throw new IOException("No write was possible in time");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("Interrupted");
      }
    }
  }

  boolean hasMovedSince(long nanoTime) {
    return movedAt - nanoTime > 0;
  }

  /** From now on nobody waits here. What was handed over may still get through. */
  void release() {
    released = true;
    possible.release();
  }

  /** Nobody waits any longer; the connection lives. */
  static final class ReleasedException extends IOException {
    private static final long serialVersionUID = 1L;

    ReleasedException() {
      super("The connection is being closed");
    }
  }

  /** Asks the container; where the answer is no, it says when it is yes. */
  boolean isPossible() {
    return output.isReady();
  }

  /** The container says yes. */
  void signal() {
    possible.release();
  }

  /** Ends the connection, and whoever waits for it. */
  void cut() {
    if (!over) {
      over = true;
      possible.release();
      UpgradedSocket.close(connection);
    }
  }

  boolean isOver() {
    return over;
  }
}
