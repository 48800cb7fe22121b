package org.pgdeltastream.support;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.delivery.Subscriber;

/** A client in the same process: keeps messages, and can stop reading. */
public final class RecordingSubscriber implements Subscriber {
  /** How it was closed. */
  public record Closed(CloseReason reason, String detail) {}

  private static final Duration DEADLINE = Duration.ofSeconds(60);

  private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
  private final StringBuilder open = new StringBuilder();
  private final CompletableFuture<Closed> closed = new CompletableFuture<>();
  private final Semaphore reading = new Semaphore(1 << 30);

  @Override
  public void sendPart(byte[] bytes, int start, int length) throws IOException {
    waitForReading();
    open.append(new String(bytes, start, length, StandardCharsets.UTF_8));
  }

  @Override
  public void sendLast(byte[] bytes, int start, int length) throws IOException {
    sendPart(bytes, start, length);
    messages.add(open.toString());
    open.setLength(0);
  }

  @Override
  public void ping() {}

  @Override
  public void flush() {}

  @Override
  public void sendClose(CloseReason reason, String detail) {
    close(reason, detail);
  }

  @Override
  public void awaitClosed(Duration limit) {}

  @Override
  public void close(CloseReason reason, String detail) {
    closed.complete(new Closed(reason, detail));
    reading.release(1_000); // frees a send that waits, as closing a socket does
  }

  /** From now on every send blocks. */
  public void stopReading() {
    reading.drainPermits();
  }

  /** Reads on. */
  public void readAgain() {
    reading.release(1 << 20);
  }

  /** The next message. */
  public String next() throws InterruptedException {
    String message = messages.poll(DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
    if (message == null) {
      throw new AssertionError("No message came within " + DEADLINE + "; closed: " + closed);
    }
    return message;
  }

  /** The next message that holds a change. */
  public String nextWithChange() throws InterruptedException {
    String message = next();
    while (message.endsWith("\"change\":[]}")) {
      message = next();
    }
    return message;
  }

  /** Whether no message comes within this time. */
  public boolean isQuietFor(Duration time) throws InterruptedException {
    return messages.poll(time.toMillis(), TimeUnit.MILLISECONDS) == null;
  }

  public boolean isClosed() {
    return closed.isDone();
  }

  /** How it was closed, once it was. */
  public Closed closed() throws Exception {
    return closed.get(DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void waitForReading() throws IOException {
    try {
      reading.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    if (closed.isDone()) {
      throw new IOException("closed");
    }
  }
}
