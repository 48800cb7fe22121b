package org.pgdeltastream.web.http;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;

/**
 * A request's body. A body that comes late holds a thread, so few are waited for at a time, and not
 * for long: eight that are read, and eight that are discarded because their request was refused or
 * needs none. What came together with its request is not waited for.
 */
public final class Body {
  private static final String ATTRIBUTE = "org.pgdeltastream.body";

  /** Together a quarter of the threads that any server of server-config has for requests. */
  private static final Semaphore WANTED = new Semaphore(8);

  private static final Semaphore UNWANTED = new Semaphore(8);
  private static final Duration LIMIT = Duration.ofSeconds(5);
  private static final Duration PERMIT_LIMIT = Duration.ofMillis(200);
  private static final int MOST_PASSED_OVER = 2 << 20;
  private static final int PIECE = 4 << 10;

  private final HttpServletRequest request;
  private int taken;
  private boolean failed;

  private Body(HttpServletRequest request) {
    this.request = request;
  }

  /** Whether the request says that it has one; by HTTP/2 it need not say so. */
  public static boolean isIn(HttpServletRequest request) {
    return request.getContentLengthLong() > 0
        || request.getHeader("Transfer-Encoding") != null
        || (isOfUnknownLength(request) && request.getProtocol().startsWith("HTTP/2"));
  }

  /** For {@link #read}, which alone finds it from now on. */
  static Body keep(HttpServletRequest request) {
    Body body = new Body(request);
    request.setAttribute(ATTRIBUTE, body);
    return body;
  }

  /**
   * Reads it, as far as it is not longer than this.
   *
   * @throws ProblemException if it does not come, or too many others are waited for
   */
  static byte[] read(HttpServletRequest request, int most) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    if (request.getAttribute(ATTRIBUTE) instanceof Body body) {
      body.take(most, WANTED, bytes);
    }
    return bytes.toByteArray();
  }

  /** After the answer: takes what nobody has read, so that the client can read the answer. */
  void passOver() {
    try {
      if (!failed) {
        take(MOST_PASSED_OVER, UNWANTED, OutputStream.nullOutputStream());
      }
    } catch (IOException | RuntimeException e) {
      return; // the server closes the connection
    }
  }

  private void take(int most, Semaphore permits, OutputStream to) throws IOException {
    ServletInputStream from = request.getInputStream();
    byte[] piece = new byte[PIECE];
    long deadline = System.nanoTime() + LIMIT.toNanos();
    boolean waits = false;
    failed = true; // until it has not
    try {
      while (taken < most && !isWhole()) {
        if (!waits && mayWait(from)) {
          enter(permits);
          waits = true;
        }
        int length = from.read(piece, 0, Math.min(PIECE, most - taken));
        if (length < 0) {
          break;
        }
        to.write(piece, 0, length);
        taken += length;
        if (System.nanoTime() - deadline > 0) {
          throw late();
        }
      }
      failed = false;
    } finally {
      if (waits) {
        permits.release();
      }
    }
  }

  /** Of a chunked one, what is there may be less than a chunk's head, which is waited for. */
  private boolean mayWait(ServletInputStream from) throws IOException {
    return isOfUnknownLength(request) || from.available() == 0;
  }

  /** A body that is wanted often comes at once behind its head, and so frees its permit. */
  private static void enter(Semaphore permits) {
    try {
      boolean entered =
          permits == WANTED
              ? permits.tryAcquire(PERMIT_LIMIT.toMillis(), MILLISECONDS)
              : permits.tryAcquire();
      if (!entered) {
        throw tooMany();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw tooMany();
    }
  }

  private static boolean isOfUnknownLength(HttpServletRequest request) {
    return request.getContentLengthLong() < 0;
  }

  /** The stream is not asked: on some servers it is finished as soon as all has come. */
  private boolean isWhole() {
    return taken == request.getContentLengthLong();
  }

  private static ProblemException tooMany() {
    return new ProblemException(
        Problem.UPSTREAM_BUSY,
        "This server waits for as many bodies as it may",
        "Send the body together with its request, or try again");
  }

  private static ProblemException late() {
    return new ProblemException(
        Problem.BAD_REQUEST,
        "The body did not come within " + LIMIT.toSeconds() + " s",
        "Send it together with its request");
  }
}
