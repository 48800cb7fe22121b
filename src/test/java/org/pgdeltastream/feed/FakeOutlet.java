package org.pgdeltastream.feed;

import java.io.ByteArrayOutputStream;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.delivery.CloseReason;

/** Takes as many bytes as the test allows, and refuses to be written to without being asked. */
public class FakeOutlet implements Outlet {
  private final ByteArrayOutputStream had = new ByteArrayOutputStream();
  private final boolean isAnswered;
  private @Nullable FeedSubscriber subscriber;
  private long room;
  private boolean isAllowed;
  private boolean isAsked;
  private boolean isCut;
  private int pings;
  private int flushes;
  private int atPing = -1;
  private @Nullable CloseReason end;
  private @Nullable String wrong;

  public FakeOutlet(long room, boolean isAnswered) {
    this.room = room;
    this.isAnswered = isAnswered;
  }

  public synchronized void serves(FeedSubscriber one) {
    subscriber = one;
  }

  /** The client takes so much. */
  public void takes(long bytes) {
    FeedSubscriber told;
    synchronized (this) {
      room = bytes;
      told = isAsked && bytes > 0 ? subscriber : null;
      isAsked = isAsked && bytes <= 0;
    }
    if (told != null) {
      told.ready();
    }
  }

  @Override
  public synchronized boolean isReady() {
    isAllowed = room > 0;
    isAsked |= !isAllowed;
    return isAllowed;
  }

  @Override
  public synchronized void write(byte[] bytes, int start, int length) {
    check("write");
    isAllowed = false;
    room -= length;
    had.write(bytes, start, length);
  }

  private void check(String what) {
    if (isCut) {
      wrong = what + " after the end";
    } else if (!isAllowed) {
      wrong = what + " without being ready";
      throw new IllegalStateException(wrong);
    }
  }

  @Override
  public synchronized void flush() {
    check("flush");
    flushes++;
  }

  @Override
  public synchronized void ping() {
    check("ping");
    pings++;
    atPing = had.size();
  }

  @Override
  public boolean isAnswered() {
    return isAnswered;
  }

  @Override
  public synchronized boolean end(CloseReason reason, String detail) {
    check("end");
    end = reason;
    return true;
  }

  @Override
  public synchronized void cut() {
    isCut = true;
  }

  public synchronized byte[] bytes() {
    return had.toByteArray();
  }

  /** What it had since the last call of this. */
  public synchronized byte[] take() {
    byte[] all = had.toByteArray();
    had.reset();
    return all;
  }

  public synchronized int size() {
    return had.size();
  }

  public synchronized boolean isCut() {
    return isCut;
  }

  synchronized int pings() {
    return pings;
  }

  synchronized int atPing() {
    return atPing;
  }

  synchronized int flushes() {
    return flushes;
  }

  /** Why it has ended. */
  public synchronized Optional<CloseReason> ending() {
    return Optional.ofNullable(end);
  }

  public synchronized boolean isEnded() {
    return end != null;
  }

  /** What the writer should not have done. */
  public synchronized Optional<String> wrong() {
    return Optional.ofNullable(wrong);
  }
}
