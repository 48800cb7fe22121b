package org.pgdeltastream.web.live;

import jakarta.websocket.Session;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.feed.FeedSubscriber;

/**
 * What is to be sent through a container's websocket session. A message is sent when the one before
 * has left. Parts of long ones the API sends in no other way than by a thread that waits; such a
 * thread lives as long as the parts come.
 */
final class EndpointQueue {
  private static final int MOST_THREADS = 64; // the others wait, no longer than the send timeout
  private static final Executor PART_SENDERS = threads("feed parts");
  private static final Executor CLOSERS = threads("feed closes");

  /** A message, or some of one. */
  private record Part(String text, boolean whole, boolean last) {}

  private final Session session;
  private final Consumer<Throwable> failed;
  private final ArrayDeque<Part> parts = new ArrayDeque<>(); // in the monitor, as is what follows
  private boolean sending;
  private @Nullable FeedSubscriber served;
  private boolean over;

  /**
   * An empty one.
   *
   * @param failed told why nothing more can be sent
   */
  EndpointQueue(Session session, Consumer<Throwable> failed) {
    this.session = session;
    this.failed = failed;
  }

  private static Executor threads(String name) {
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            MOST_THREADS,
            MOST_THREADS,
            1,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, name);
              thread.setDaemon(true);
              return thread;
            });
    threads.allowCoreThreadTimeOut(true);
    return threads;
  }

  /** Runs what may wait for the client. */
  static void later(Runnable close) {
    CLOSERS.execute(close);
  }

  /** Whom it serves: told when more can be sent, and when the client has gone. */
  void serves(FeedSubscriber subscriber) {
    synchronized (this) {
      served = subscriber;
    }
    subscriber.ready();
    if (isOver()) {
      subscriber.gone();
    }
  }

  private synchronized boolean isOver() {
    return over;
  }

  synchronized @Nullable FeedSubscriber subscriber() {
    return served;
  }

  /** The connection has ended. */
  void gone() {
    FeedSubscriber subscriber;
    synchronized (this) {
      over = true;
      parts.clear();
      subscriber = served;
    }
    if (subscriber != null) {
      subscriber.gone();
    }
  }

  synchronized boolean isReady() {
    return !sending;
  }

  /**
   * Adds a message, or some of one; nothing once the connection has ended.
   *
   * @param whole whether it is a message
   * @param last whether it is the last part of one
   */
  synchronized void add(String text, boolean whole, boolean last) {
    if (!over) {
      parts.add(new Part(text, whole, last));
    }
  }

  /** Sends what was added, if that is not under way. */
  void begin() {
    synchronized (this) {
      if (sending) {
        return; // by whom it was begun
      }
      sending = true;
    }
    sendAll();
  }

  /** The next to send; with none there is nothing under way. */
  private synchronized @Nullable Part next() {
    Part part = parts.poll();
    sending = part != null;
    return part;
  }

  private void sendAll() {
    for (Part part = next(); part != null; part = next()) {
      if (!part.whole()) {
        sendPartLater(part);
        return;
      }
      if (!sendNow(part.text())) {
        return;
      }
    }
    FeedSubscriber subscriber = subscriber();
    if (subscriber != null) {
      subscriber.ready();
    }
  }

  /** Whether it has left already; if not, the rest is sent when it has. */
  private boolean sendNow(String text) {
    AtomicBoolean met = new AtomicBoolean();
    session
        .getAsyncRemote()
        .sendText(
            text,
            result -> {
              if (!result.isOK()) {
                failed.accept(result.getException());
              } else if (!met.compareAndSet(false, true)) {
                sendAll();
              }
            });
    return !met.compareAndSet(false, true);
  }

  private void sendPartLater(Part part) {
    PART_SENDERS.execute(
        () -> {
          try {
            session.getBasicRemote().sendText(part.text(), part.last());
            sendAll();
          } catch (IOException | RuntimeException e) { // some servers throw unchecked ones
            failed.accept(e);
          }
        });
  }
}
