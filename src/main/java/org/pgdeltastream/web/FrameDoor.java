package org.pgdeltastream.web;

import static java.lang.System.Logger.Level.DEBUG;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.WebConnection;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.delivery.Subscriber;
import org.pgdeltastream.framing.FrameWriter;

/**
 * The way to a client through frames of our own on an upgraded connection. The reader's task sends
 * and blocks; the container's threads answer and never block. The container itself never blocks
 * either: a send waits here until it says that a write is possible, so that a close can end the
 * wait.
 */
final class FrameDoor implements Subscriber, WriteListener {
  private static final System.Logger LOG = System.getLogger(FrameDoor.class.getName());

  /** Small messages leave the encoder one by one, and the container in pieces of this size. */
  private static final int PIECE_BYTES = 16 * 1024;

  private static final Duration FRAME_END = Duration.ofSeconds(2);
  private static final Duration ANSWER = Duration.ofSeconds(3);

  private final WebConnection connection;
  private final ServletOutputStream output;
  private final FrameWriter frames = new FrameWriter(PIECE_BYTES, this::write);
  private final ReentrantLock turn = new ReentrantLock(); // whose frame it is; guards the writer
  private final Semaphore possible = new Semaphore(0);
  private final AtomicReference<byte @Nullable []> pong = new AtomicReference<>();
  private final AtomicReference<byte @Nullable []> goodbye = new AtomicReference<>();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final CountDownLatch answered = new CountDownLatch(1);
  private boolean unflushed; // guarded by turn
  private volatile long patienceNanos;
  private volatile boolean closing; // no further frame but a close
  private volatile boolean goodbyeSaid; // no further frame at all
  private volatile boolean done; // nothing is waited for but what is on its way out
  private volatile boolean over;

  /**
   * Opens the way.
   *
   * @param sendTimeout after which a send is ended from outside; by itself it waits longer
   */
  FrameDoor(WebConnection connection, Duration sendTimeout) throws IOException {
    this.connection = connection;
    this.output = connection.getOutputStream();
    this.patienceNanos = sendTimeout.multipliedBy(2).toNanos();
  }

  @Override
  public void sendPart(byte[] bytes, int start, int length) throws IOException {
    text(bytes, start, length, false);
  }

  @Override
  public void sendLast(byte[] bytes, int start, int length) throws IOException {
    text(bytes, start, length, true);
  }

  private void text(byte[] bytes, int start, int length, boolean last) throws IOException {
    beginTurn();
    try {
      frames.text(bytes, start, length, last);
    } catch (IOException | RuntimeException e) { // some servers throw unchecked ones
      cut();
      throw e;
    } finally {
      endTurn();
    }
  }

  @Override
  public void ping() throws IOException {
    beginTurn();
    try {
      frames.ping();
      push();
    } catch (IOException | RuntimeException e) {
      cut();
      throw e;
    } finally {
      endTurn();
    }
  }

  @Override
  public void flush() throws IOException {
    beginTurn();
    try {
      push();
    } catch (IOException | RuntimeException e) {
      cut();
      throw e;
    } finally {
      endTurn();
    }
  }

  /** The close frame, where the frame at hand ends in time; then a moment for the answer. */
  @Override
  public void close(CloseReason reason, String detail) {
    closing = true;
    if (!closed.compareAndSet(false, true)) {
      if (goodbye.get() != null) { // the client closed, but reads no more
        cut();
      }
      return;
    }
    try {
      if (turn.tryLock(FRAME_END.toNanos(), TimeUnit.NANOSECONDS)) {
        try {
          sayGoodbye(reason, detail);
        } finally {
          turn.unlock();
        }
        answered.await(ANSWER.toNanos(), TimeUnit.NANOSECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException e) {
      LOG.log(DEBUG, "The client had gone before it could be closed: " + e);
    }
    cut();
  }

  private void sayGoodbye(CloseReason reason, String detail) throws IOException {
    patienceNanos = FRAME_END.toNanos();
    goodbyeSaid = true;
    frames.close(FrameWriter.goodbye(CloseCodes.code(reason), CloseCodes.text(reason, detail)));
    push();
    awaitPossible();
  }

  /** A client that is not let in: ends the connection as soon as it was told so, never waits. */
  void refuse(CloseReason reason, String detail) {
    sayLast(FrameWriter.goodbye(CloseCodes.code(reason), CloseCodes.text(reason, detail)));
  }

  /** A client's ping came. Only the newest of several is answered, as RFC 6455 allows. */
  void answerPing(byte[] payload) {
    pong.set(payload);
    answer();
  }

  /** A client's close came: after one of ours it is the answer. */
  void answerClose(byte[] payload) {
    answered.countDown();
    sayLast(payload);
  }

  private void sayLast(byte[] payload) {
    closing = true;
    if (closed.compareAndSet(false, true)) {
      goodbye.set(payload);
      answer();
    }
  }

  /** Ends the connection, and whoever waits for it. */
  void cut() {
    if (!over) {
      over = true;
      closing = true;
      possible.release();
      answered.countDown();
      UpgradedSocket.close(connection);
    }
  }

  @Override
  public void onWritePossible() {
    possible.release();
    if (done) {
      cut();
    } else {
      answer();
    }
  }

  @Override
  public void onError(Throwable error) {
    LOG.log(DEBUG, "A client's connection failed: " + error);
    cut();
  }

  /** Sends what is to be answered; where another frame is at hand, its sender does so. */
  private void answer() {
    try {
      while (isToAnswer() && turn.tryLock()) {
        try {
          if (!output.isReady()) {
            return; // onWritePossible comes again
          }
          writeAnswers();
        } finally {
          turn.unlock();
        }
      }
    } catch (IOException | RuntimeException e) {
      onError(e);
    }
  }

  private boolean isToAnswer() {
    return !over && !goodbyeSaid && (pong.get() != null || goodbye.get() != null);
  }

  /** While a write is possible: never waits. */
  private void writeAnswers() throws IOException {
    if (!frames.hasRoomForControl()) {
      frames.drain();
      return; // to see whether a write is still possible
    }
    byte[] echo = pong.getAndSet(null);
    if (echo != null) {
      frames.pong(echo);
    }
    byte[] last = goodbye.get();
    if (echo == null && last != null) {
      goodbyeSaid = true;
      frames.close(last);
    }
    frames.drain();
    if (output.isReady()) { // else the container is writing already
      output.flush();
    }
    if (goodbyeSaid) {
      endWhenWritten();
    }
  }

  private void endWhenWritten() {
    done = true; // before the question: onWritePossible may come at once
    if (output.isReady()) {
      cut();
    }
  }

  private void beginTurn() throws IOException {
    turn.lock();
    if (closing) {
      turn.unlock();
      throw new IOException("The connection is being closed");
    }
  }

  private void endTurn() {
    turn.unlock();
    answer();
  }

  private void push() throws IOException {
    frames.drain();
    if (unflushed) {
      awaitPossible();
      output.flush();
      unflushed = false;
    }
  }

  private void write(byte[] bytes, int length) throws IOException {
    awaitPossible();
    output.write(bytes, 0, length);
    unflushed = true;
  }

  private void awaitPossible() throws IOException {
    while (true) {
      possible.drainPermits(); // before the question: an answer that comes between must count
      if (over) {
        throw new IOException("The connection is closed");
      }
      if (output.isReady()) {
        return;
      }
      try {
        if (!possible.tryAcquire(patienceNanos, TimeUnit.NANOSECONDS)) {
          throw new IOException("No write was possible in time");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("Interrupted");
      }
    }
  }
}
