package org.pgdeltastream.web.socket;

import static jakarta.websocket.CloseReason.CloseCodes.getCloseCode;
import static java.lang.System.Logger.Level.DEBUG;

import jakarta.websocket.CloseReason.CloseCode;
import jakarta.websocket.RemoteEndpoint;
import jakarta.websocket.Session;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.delivery.Subscriber;
import org.pgdeltastream.framing.Utf8;

/** The way to a client through the container's websocket session. Gathers until it is flushed. */
public final class EndpointSubscriber implements Subscriber {
  private static final System.Logger LOG = System.getLogger(EndpointSubscriber.class.getName());

  /** Tomcat alone ends a blocking send by itself, after 20 s if not told otherwise. */
  private static final String TOMCATS_LIMIT = "org.apache.tomcat.websocket.BLOCKING_SEND_TIMEOUT";

  private static final int MOST_AT_ONCE = 16 << 10;

  private final Session session;
  private final RemoteEndpoint.Basic remote;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final CountDownLatch told = new CountDownLatch(1);
  private final @Nullable TomcatText tomcat;
  private volatile long movedAt = System.nanoTime();
  private boolean open; // a message was begun: the reader's thread only

  /**
   * Opens the way.
   *
   * @param sendTimeout after which a send is ended from outside; the container must wait longer
   */
  public EndpointSubscriber(Session session, Duration sendTimeout) throws IOException {
    this.session = session;
    session.getUserProperties().put(TOMCATS_LIMIT, sendTimeout.multipliedBy(2).toMillis());
    this.remote = session.getBasicRemote();
    remote.setBatchingAllowed(true);
    this.tomcat = TomcatText.isFor(session) ? new TomcatText(remote) : null;
    closeReason(CloseReason.SERVICE_RESTART, ""); // Payara loads no class while it undeploys
  }

  @Override
  public void sendPart(byte[] bytes, int start, int length) throws IOException {
    parts(bytes, start, length, false);
  }

  @Override
  public void sendLast(byte[] bytes, int start, int length) throws IOException {
    if (open || length > MOST_AT_ONCE) {
      parts(bytes, start, length, true);
    } else if (tomcat != null && length >= TomcatText.LEAST) {
      tomcat.send(bytes, start, length);
    } else {
      remote.sendText(text(bytes, start, length));
    }
  }

  /** In parts that a slow client takes within the send timeout; each is progress. */
  private void parts(byte[] bytes, int start, int length, boolean last) throws IOException {
    int at = start;
    int end = start + length;
    while (end - at > MOST_AT_ONCE) {
      int part = Utf8.whole(bytes, at, MOST_AT_ONCE);
      remote.sendText(text(bytes, at, part), false);
      movedAt = System.nanoTime();
      at += part;
    }
    remote.sendText(text(bytes, at, end - at), last);
    movedAt = System.nanoTime();
    open = !last;
  }

  @Override
  public boolean hasMovedSince(long nanoTime) {
    return movedAt - nanoTime > 0;
  }

  @Override
  public void ping() throws IOException {
    remote.sendPing(ByteBuffer.allocate(0));
  }

  @Override
  public void flush() throws IOException {
    remote.flushBatch();
  }

  /** On a thread of its own, since a container's close may wait for the client. */
  @Override
  public void sendClose(CloseReason reason, String detail) {
    if (closed.get()) {
      return;
    }
    Thread closer = new Thread(() -> close(reason, detail), "close");
    closer.setDaemon(true);
    closer.start();
  }

  /** The answer, and the cut without one, are the container's. */
  @Override
  public void awaitClosed(Duration limit) {
    try {
      told.await(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Once: Open Liberty takes a second close for the client's answer, and cuts the first one off.
   */
  @Override
  public void close(CloseReason reason, String detail) {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      session.close(closeReason(reason, detail));
    } catch (IOException | RuntimeException e) { // some servers throw unchecked ones
      LOG.log(DEBUG, "The client had gone before it could be closed: " + e);
    } finally {
      told.countDown();
    }
  }

  private static jakarta.websocket.CloseReason closeReason(CloseReason reason, String detail) {
    CloseCode code = getCloseCode(CloseCodes.code(reason));
    return new jakarta.websocket.CloseReason(code, CloseCodes.text(reason, detail));
  }

  private static String text(byte[] bytes, int start, int length) {
    return new String(bytes, start, length, StandardCharsets.UTF_8);
  }
}
