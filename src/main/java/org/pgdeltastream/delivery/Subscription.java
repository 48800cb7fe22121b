package org.pgdeltastream.delivery;

import java.io.IOException;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MessageOutput;
import org.pgdeltastream.delivery.StreamCounts.Count;

/**
 * One client's position in the stream. The reader's thread sends; other threads only check whether
 * a send makes progress. A send blocks while the client is slow, and so stops the reading of WAL: a
 * pause, never a loss.
 */
public final class Subscription implements MessageOutput {
  private static final long NOT_SENDING = Long.MIN_VALUE;
  private static final long WAITED_NANOS = 100_000_000; // then the client, not we, took the time
  private static final byte[] NOTHING = {};

  private final Subscriber subscriber;
  private final AckTracker acks;
  private final StreamCounts counts;
  private final long sendTimeoutNanos;
  private final LongSupplier nanoTime;
  private volatile long sendingSince = NOT_SENDING;
  private volatile long waitedUntil;
  private long bytesHanded; // the sending thread's; others see it a moment later
  private final Object interruption = new Object();
  private volatile @Nullable Thread sender;
  private boolean interrupted; // by us; inside the monitor
  private long bytesSent; // the reader's; only what its client has to acknowledge
  private long bytesBefore; // of the present transaction
  private boolean messageOpen;
  private boolean inTransaction;
  private boolean partlySent;

  public Subscription(
      Subscriber subscriber,
      AckTracker acks,
      StreamCounts counts,
      Duration sendTimeout,
      LongSupplier nanoTime) {
    this.subscriber = subscriber;
    this.acks = acks;
    this.counts = counts;
    this.sendTimeoutNanos = sendTimeout.toNanos();
    this.nanoTime = nanoTime;
    this.waitedUntil = nanoTime.getAsLong();
  }

  @Override
  public void begin(Lsn earliestEnd) {
    inTransaction = true;
    partlySent = false;
    bytesBefore = bytesSent;
  }

  @Override
  public void part(byte[] bytes, int start, int length) throws IOException {
    messageOpen = true;
    partlySent = inTransaction;
    if (inTransaction) {
      bytesSent += length;
    }
    send(Send.PART, nanoTime.getAsLong(), bytes, start, length);
  }

  @Override
  public void last(byte[] bytes, int start, int length, Lsn endLsn) throws IOException {
    boolean ends = !endLsn.equals(Lsn.NONE);
    if (ends || inTransaction) {
      bytesSent += length;
    }
    long now = nanoTime.getAsLong();
    if (ends) {
      acks.sending(endLsn, bytesSent, now); // before the send: the answer may be quicker
    }
    sendLast(now, bytes, start, length, ends);
    if (ends) {
      counts.sent(now);
    } else if (!inTransaction) {
      counts.settle(); // a message of its own
    }
  }

  @Override
  public void lastWithoutChanges(byte[] bytes, int start, int length, Lsn endLsn)
      throws IOException {
    bytesSent = inTransaction ? bytesBefore : bytesSent;
    long now = nanoTime.getAsLong();
    acks.sendingWithoutChanges(endLsn, bytesSent, now);
    sendLast(now, bytes, start, length, true);
  }

  private void sendLast(long now, byte[] bytes, int start, int length, boolean ends)
      throws IOException {
    send(Send.LAST, now, bytes, start, length);
    messageOpen = false;
    inTransaction &= !ends;
    partlySent = inTransaction;
  }

  /** Flushes what the subscriber has gathered. */
  public void flush() throws IOException {
    send(Send.FLUSH, nanoTime.getAsLong(), NOTHING, 0, 0);
  }

  /** Asks the client for a sign of life. */
  public void ping() throws IOException {
    send(Send.PING, nanoTime.getAsLong(), NOTHING, 0, 0);
  }

  /** What was decoded last is not for the client. For the reader. */
  void dropped() {
    counts.discard();
  }

  /** How many bytes the client has yet to acknowledge, empty transactions aside. */
  public long unacknowledgedBytes() {
    return bytesSent - acks.bytesAcknowledged();
  }

  /** When the last send that had to wait for the client returned, by the sends' clock. */
  public long waitedUntil() {
    return waitedUntil;
  }

  /** How many bytes were sent in all. Other threads may see fewer. */
  public long bytes() {
    return bytesHanded;
  }

  /** A transaction is half sent, as a message or as the first of several. For the reader. */
  public boolean hasHalfSent() {
    return messageOpen || partlySent;
  }

  /** No message is half sent. For the reader's thread. */
  public boolean betweenMessages() {
    return !messageOpen;
  }

  /** The reader is inside a send now. */
  public boolean isSending() {
    return sendingSince != NOT_SENDING;
  }

  /** A send is under way, and the client has taken nothing for the send timeout. */
  public boolean isStuck() {
    long since = sendingSince;
    long latest = nanoTime.getAsLong() - sendTimeoutNanos;
    return since != NOT_SENDING && since - latest < 0 && !subscriber.hasMovedSince(latest);
  }

  /** Ends a send from outside, on servers where closing the client does not. */
  public void interruptSend() {
    synchronized (interruption) {
      Thread inside = sender;
      if (inside != null) {
        interrupted = true;
        inside.interrupt();
      }
    }
  }

  private enum Send {
    PART,
    LAST,
    FLUSH,
    PING
  }

  private void send(Send what, long since, byte[] bytes, int start, int length) throws IOException {
    sendingSince = since;
    sender = Thread.currentThread();
    bytesHanded += length;
    try {
      switch (what) {
        case PART -> subscriber.sendPart(bytes, start, length);
        case LAST -> subscriber.sendLast(bytes, start, length);
        case FLUSH -> subscriber.flush();
        case PING -> subscriber.ping();
      }
    } catch (IOException | RuntimeException e) { // some servers throw unchecked ones
      throw new SubscriberGoneException(e);
    } finally {
      long now = nanoTime.getAsLong();
      if (now - since > WAITED_NANOS) {
        waitedUntil = now;
      }
      counts.add(Count.SENT_BYTES, length);
      counts.add(Count.SEND_NANOS, now - since);
      sendingSince = NOT_SENDING;
      leaveSend();
    }
  }

  /** Clears our interrupt, so that it cannot affect what the thread does next. */
  private void leaveSend() {
    synchronized (interruption) {
      sender = null;
      if (interrupted) {
        Thread.interrupted(); // an interrupted send has cleared it already
        interrupted = false;
      }
    }
  }
}
