package org.pgdeltastream.web.live;

import static java.lang.System.Logger.Level.DEBUG;

import jakarta.websocket.Session;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.Outlet;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.slot.feed.FollowRequest;
import org.pgdeltastream.web.socket.CloseCodes;

/**
 * The way to a client through the container's websocket: lines become messages, one after the
 * other. Long ones go in parts.
 */
final class EndpointWay implements Outlet, FollowRequest.Client {
  private static final System.Logger LOG = System.getLogger(EndpointWay.class.getName());

  /** Tomcat alone ends a blocking send by itself, after 20 s if not told otherwise. */
  private static final String TOMCATS_LIMIT = "org.apache.tomcat.websocket.BLOCKING_SEND_TIMEOUT";

  private static final int MOST_AT_ONCE = 64 << 10;

  private final Session session;
  private final String feed;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final EndpointQueue queue;
  private byte[] line = {}; // the writer's, as is what follows
  private int length;
  private boolean open; // a part of the line was sent

  EndpointWay(Session session, String feed, Duration sendTimeout) {
    this.session = session;
    this.feed = feed;
    this.queue = new EndpointQueue(session, this::failed);
    session.getUserProperties().put(TOMCATS_LIMIT, sendTimeout.multipliedBy(2).toMillis());
  }

  /** Whom it serves: told when more can be sent, and when the client has gone. */
  void serves(FeedSubscriber subscriber) {
    queue.serves(subscriber);
  }

  @Nullable FeedSubscriber subscriber() {
    return queue.subscriber();
  }

  /** The connection has ended. */
  void gone() {
    queue.gone();
  }

  @Override
  public boolean isReady() {
    return queue.isReady();
  }

  @Override
  public void write(byte[] bytes, int start, int count) {
    int from = start;
    int end = start + count;
    for (int at = start; at < end; at++) {
      if (bytes[at] == '\n') {
        append(bytes, from, at);
        queue.add(text(length), !open, true);
        length = 0;
        open = false;
        from = at + 1;
      }
    }
    append(bytes, from, end);
    if (length > MOST_AT_ONCE) {
      addSome();
    }
    queue.begin();
  }

  private void append(byte[] bytes, int from, int to) {
    int added = to - from;
    if (length + added > line.length) {
      line = Arrays.copyOf(line, Math.max(length + added, 2 * line.length));
    }
    System.arraycopy(bytes, from, line, length, added);
    length += added;
  }

  /** All but the bytes of a character of which more is to come. */
  private void addSome() {
    int some = length - 1;
    while ((line[some] & 0xC0) == 0x80) {
      some--;
    }
    queue.add(text(some), false, false);
    System.arraycopy(line, some, line, 0, length - some);
    length -= some;
    open = true;
  }

  private String text(int bytes) {
    return new String(line, 0, bytes, StandardCharsets.UTF_8);
  }

  private void failed(Throwable error) {
    LOG.log(DEBUG, "A subscriber's connection failed: " + error);
    gone();
    cut();
  }

  @Override
  public void flush() {
    // each message is sent at once
  }

  @Override
  public void ping() throws IOException {
    session.getAsyncRemote().sendPing(ByteBuffer.allocate(0));
  }

  @Override
  public boolean isAnswered() {
    return true;
  }

  @Override
  public void begins(FeedSubscriber one, FeedPosition start, FeedPosition oldest) {
    FeedMessages.hello(one, feed, start, oldest);
  }

  @Override
  public void beginsWithRows(FeedSubscriber one, Optional<String> refetch, FeedPosition oldest) {
    FeedMessages.withRows(one, feed, refetch, oldest);
  }

  @Override
  public void mustRefetch(
      FeedSubscriber one, String reason, FeedPosition oldest, FeedPosition newest) {
    FeedMessages.refetch(one, reason, oldest, newest);
  }

  @Override
  public boolean end(CloseReason reason, String detail) {
    close(CloseCodes.code(reason), CloseCodes.text(reason, detail));
    return true;
  }

  @Override
  public void cut() {
    close(CloseCodes.code(CloseReason.SLOW_SUBSCRIBER), "slow_consumer: it takes nothing");
  }

  /** Once, and on a thread of its own, since a container's close may wait for the client. */
  private void close(int code, String text) {
    if (closed.compareAndSet(false, true)) {
      EndpointQueue.later(() -> closeNow(code, text));
    }
  }

  private void closeNow(int code, String text) {
    try {
      session.close(
          new jakarta.websocket.CloseReason(
              jakarta.websocket.CloseReason.CloseCodes.getCloseCode(code), text));
    } catch (IOException | RuntimeException e) {
      LOG.log(DEBUG, "The client had gone before it could be closed: " + e);
    }
  }
}
