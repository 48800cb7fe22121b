package org.pgdeltastream.launch.server;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.coyote.ActionCode;
import org.apache.coyote.Request;
import org.apache.tomcat.util.net.ApplicationBufferHandler;

/**
 * Discards what was not read of a request's body, after the answer: then the client can read the
 * answer and send its next request. Tomcat itself would wait as long as bytes come, and a servlet
 * cannot read any more once its answer has ended.
 */
final class UnreadBody {
  private static final Duration LIMIT = Duration.ofSeconds(5);
  private static final int MOST = 2 << 20;
  private static final int WAITED_FOR = 8;

  private final Semaphore permits = new Semaphore(WAITED_FOR);

  /** Discards it; closes the connection if the rest does not come, or is too long. */
  void take(Request request) {
    boolean wasWaitedFor = request.getErrorException() instanceof SocketTimeoutException;
    if (wasWaitedFor || !isTaken(request)) {
      request.action(ActionCode.DISABLE_SWALLOW_INPUT, null);
    }
  }

  private boolean isTaken(Request request) {
    Piece piece = new Piece();
    long deadline = System.nanoTime() + LIMIT.toNanos();
    boolean waits = false;
    try {
      int taken = 0;
      while (!isWhole(request)) {
        if (taken > MOST || System.nanoTime() - deadline > 0) {
          return false;
        }
        if (!waits && mayWait(request)) {
          waits = permits.tryAcquire();
          if (!waits) {
            return false;
          }
        }
        taken += Math.max(0, request.doRead(piece));
      }
      return true;
    } catch (IOException e) {
      return false; // it does not come, or is none
    } finally {
      if (waits) {
        permits.release();
      }
    }
  }

  /** Of a chunked one, what is there may be less than a chunk's head. */
  private static boolean mayWait(Request request) {
    if (request.getContentLengthLong() < 0) {
      return true;
    }
    request.action(ActionCode.AVAILABLE, true);
    return request.getAvailable() == 0;
  }

  static boolean isWhole(Request request) {
    AtomicBoolean whole = new AtomicBoolean();
    request.action(ActionCode.REQUEST_BODY_FULLY_READ, whole);
    return whole.get();
  }

  /** Takes what Tomcat has read, in Tomcat's own buffer. */
  private static final class Piece implements ApplicationBufferHandler {
    private ByteBuffer bytes = ByteBuffer.allocate(0);

    @Override
    public void setByteBuffer(ByteBuffer buffer) {
      bytes = buffer;
    }

    @Override
    public ByteBuffer getByteBuffer() {
      return bytes;
    }

    @Override
    public void expand(int size) {
      // it never has to hold more than comes
    }
  }
}
