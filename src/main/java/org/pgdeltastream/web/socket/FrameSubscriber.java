package org.pgdeltastream.web.socket;

import static java.lang.System.Logger.Level.DEBUG;

import jakarta.servlet.WriteListener;
import jakarta.servlet.http.WebConnection;
import java.io.IOException;
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
 * Sends to a client in frames of our own on an upgraded connection. Gathers until it is flushed.
 * The reader's task sends, and waits while the client is slow; the container's threads answer what
 * the client says, between frames, and never wait.
 */
public final class FrameSubscriber implements Subscriber, WriteListener {
  private static final System.Logger LOG = System.getLogger(FrameSubscriber.class.getName());

  /**
   * The encoder gives one small message after the other; the container gets this many bytes. Odd,
   * so that they hardly ever just fill a buffer of the container's: Tomcat would then say no, and
   * let a thread of its own write what this one can write at once.
   */
  private static final int PIECE_BYTES = 16 * 1024 - 1;

  private static final Duration FRAME_END = Duration.ofSeconds(2);
  private static final Duration ANSWER = Duration.ofSeconds(3);

  /** Each holds a thread, and its slot is free meanwhile. */
  private static final Semaphore LINGERING = new Semaphore(8);

  private final TimedOutput output;
  private final Duration sendTimeout;
  private final FrameWriter frames;
  private final ReentrantLock turn = new ReentrantLock(); // whose frame it is
  private final AtomicReference<byte @Nullable []> pong = new AtomicReference<>();
  private final AtomicReference<@Nullable LastFrame> lastFrame = new AtomicReference<>();
  private final CountDownLatch sent = new CountDownLatch(1);
  private final CountDownLatch answered = new CountDownLatch(1);
  private final AtomicBoolean closer = new AtomicBoolean();
  private volatile boolean closing; // no further frame but answers and a close
  private volatile boolean lastIsSent; // no further frame at all
  private volatile boolean done; // nothing is waited for but what is on its way out

  /** The last frame; after ours the client's is waited for. */
  @SuppressWarnings("ArrayRecordComponent") // compared by identity alone
  private record LastFrame(byte[] payload, boolean wantsAnswer) {}

  /**
   * Takes over the connection.
   *
   * @param sendTimeout after which a send is ended from outside; by itself it waits longer
   */
  public FrameSubscriber(WebConnection connection, Duration sendTimeout) throws IOException {
    UpgradedSocket.widen(connection, PIECE_BYTES + 1);
    this.sendTimeout = sendTimeout;
    this.output = new TimedOutput(connection, sendTimeout.multipliedBy(2));
    this.frames = new FrameWriter(PIECE_BYTES, output::write);
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
      cutAfter(e);
      throw e;
    } finally {
      endTurn();
    }
  }

  @Override
  public void ping() throws IOException {
    push(true);
  }

  @Override
  public void flush() throws IOException {
    push(false);
  }

  @Override
  public boolean hasMovedSince(long nanoTime) {
    return output.hasMovedSince(nanoTime);
  }

  private void push(boolean withPing) throws IOException {
    beginTurn();
    try {
      if (withPing) {
        frames.ping();
      }
      frames.drain();
      output.flush();
    } catch (IOException | RuntimeException e) {
      cutAfter(e);
      throw e;
    } finally {
      endTurn();
    }
  }

  /** A connection that is only released still carries the close. */
  private void cutAfter(Exception failure) {
    if (!(failure instanceof TimedOutput.ReleasedException)) {
      cut();
    }
  }

  private void beginTurn() throws IOException {
    turn.lock();
    if (closing) {
      endTurn(); // who closes may have met this turn
      throw new IOException("The connection is being closed");
    }
  }

  private void endTurn() {
    turn.unlock();
    answer();
  }

  @Override
  public void sendClose(CloseReason reason, String detail) {
    sendLast(new LastFrame(payload(reason, detail), true));
  }

  @Override
  public void awaitClosed(Duration limit) {
    await(answered, limit);
    cut();
  }

  /**
   * Sends nothing more but the close frame, as soon as the client takes it. For a few clients that
   * read nothing this waits as long as a send may take, and then shortly for the answer.
   */
  @Override
  public void close(CloseReason reason, String detail) {
    sendClose(reason, detail);
    output.release();
    LastFrame last = lastFrame.get();
    if (last == null || !last.wantsAnswer()) {
      cut(); // also where the client closed, but reads no more
    } else if (closer.compareAndSet(false, true)) {
      if (await(sent, FRAME_END) || lingers()) {
        await(answered, ANSWER);
      }
      cut();
    }
  }

  private boolean lingers() {
    if (!LINGERING.tryAcquire()) {
      return false;
    }
    try {
      return await(sent, sendTimeout);
    } finally {
      LINGERING.release();
    }
  }

  private static boolean await(CountDownLatch latch, Duration limit) {
    try {
      return latch.await(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static byte[] payload(CloseReason reason, String detail) {
    return FrameWriter.closePayload(CloseCodes.code(reason), CloseCodes.text(reason, detail));
  }

  /** Ends the connection, and whoever waits for it. */
  public void cut() {
    closing = true;
    output.cut();
    sent.countDown();
    answered.countDown();
  }

  /** Ends the connection of a refused client as soon as the close frame is sent. Never waits. */
  public void refuse(CloseReason reason, String detail) {
    sendLast(new LastFrame(payload(reason, detail), false));
  }

  /** A client's ping came. Only the newest of several is answered, as RFC 6455 allows. */
  public void answerPing(byte[] payload) {
    pong.set(payload);
    answer();
  }

  /** A client's close came; after one of ours it is the answer. */
  public void answerClose(byte[] payload) {
    answered.countDown();
    sendLast(new LastFrame(payload, false));
  }

  private void sendLast(LastFrame last) {
    closing = true;
    if (lastFrame.compareAndSet(null, last)) {
      answer();
    }
  }

  @Override
  public void onWritePossible() {
    output.signal();
    if (done) {
      lastIsWritten();
    } else {
      answer();
    }
  }

  @Override
  public void onError(Throwable error) {
    LOG.log(DEBUG, "A client's connection failed: " + error);
    cut();
  }

  /**
   * Sends a pong or the last frame. While another thread sends a frame, that thread does it
   * afterwards.
   */
  private void answer() {
    try {
      while (isToAnswer() && turn.tryLock()) {
        try {
          if (!output.isPossible()) {
            return; // onWritePossible comes again
          }
          writeAnswer();
        } finally {
          turn.unlock();
        }
      }
    } catch (IOException | RuntimeException e) {
      onError(e);
    }
  }

  private boolean isToAnswer() {
    return !output.isOver() && !lastIsSent && (pong.get() != null || lastFrame.get() != null);
  }

  /** One step, while a write is possible: at most one write, so that it never waits. */
  private void writeAnswer() throws IOException {
    if (frames.hasRoomForControl()) {
      byte[] echo = pong.getAndSet(null);
      LastFrame last = lastFrame.get();
      if (echo != null) {
        frames.pong(echo);
      } else if (last != null) {
        lastIsSent = true;
        frames.close(last.payload());
      }
    }
    frames.drain();
    if (output.isPossible()) { // else the container is writing already
      output.flush();
    }
    if (lastIsSent) {
      done = true; // before the question: onWritePossible may come at once
      if (output.isPossible()) {
        lastIsWritten();
      }
    }
  }

  private void lastIsWritten() {
    LastFrame last = lastFrame.get();
    if (last != null && last.wantsAnswer()) {
      sent.countDown();
    } else {
      cut();
    }
  }
}
