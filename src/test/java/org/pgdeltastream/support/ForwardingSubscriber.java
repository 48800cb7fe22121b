package org.pgdeltastream.support;

import java.io.IOException;
import java.time.Duration;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.delivery.Subscriber;

/** Does as another client does; a test overrides what it wants to see or to break. */
public class ForwardingSubscriber implements Subscriber {
  private final Subscriber next;

  public ForwardingSubscriber(Subscriber next) {
    this.next = next;
  }

  @Override
  public void sendPart(byte[] bytes, int start, int length) throws IOException {
    next.sendPart(bytes, start, length);
  }

  @Override
  public void sendLast(byte[] bytes, int start, int length) throws IOException {
    next.sendLast(bytes, start, length);
  }

  @Override
  public void ping() throws IOException {
    next.ping();
  }

  @Override
  public void flush() throws IOException {
    next.flush();
  }

  @Override
  public boolean hasMovedSince(long nanoTime) {
    return next.hasMovedSince(nanoTime);
  }

  @Override
  public void close(CloseReason reason, String detail) {
    next.close(reason, detail);
  }

  @Override
  public void sendClose(CloseReason reason, String detail) {
    next.sendClose(reason, detail);
  }

  @Override
  public void awaitClosed(Duration limit) {
    next.awaitClosed(limit);
  }
}
