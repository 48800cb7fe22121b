package org.pgdeltastream.delivery;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.ChangeTally;

/**
 * What the streams of one slot have done since this server knows it. The thread of the stream that
 * has the slot counts, without a lock; others only acknowledge. Any thread reads, and may see what
 * was so a moment ago.
 */
public final class StreamCounts implements ChangeTally {
  /** The answer where something has not happened yet. */
  public static final long NEVER = Long.MIN_VALUE;

  /** What only grows. */
  public enum Count {
    STARTS,
    RECONNECTS,
    CATCH_UPS,
    CATCH_UPS_FINISHED,
    RECEIVED_BYTES,
    SENT_BYTES,
    TRANSACTIONS,
    INSERTS,
    UPDATES,
    DELETES,
    TRUNCATES,
    MESSAGES,
    FILTERED,
    WAIT_NANOS,
    DECODE_NANOS,
    SEND_NANOS,
    ACKNOWLEDGED,
    IGNORED
  }

  private static final long MICRO_NANOS = 1_000;

  private final Map<Count, AtomicLong> totals = new EnumMap<>(Count.class);
  private final AtomicLong lastSent = new AtomicLong(NEVER);
  private final AtomicLong lastAcknowledged = new AtomicLong(NEVER);
  private final Delays commitDelays = new Delays();
  private final Delays acknowledgementDelays = new Delays();
  private final Delays heartbeatDelays = new Delays();

  // The stream's thread's; the first five since the last end of a transaction.
  private long inserts;
  private long updates;
  private long deletes;
  private long truncates;
  private long messages;
  private long committedAt = NEVER; // the transaction that is read
  private String heartbeat = ""; // that came since the clock was told
  private long clockNanos;
  private long clockMicros = NEVER;

  public StreamCounts() {
    for (Count one : Count.values()) {
      totals.put(one, new AtomicLong());
    }
  }

  private AtomicLong total(Count what) {
    return Objects.requireNonNull(totals.get(what));
  }

  /** So much more. For the stream's thread. */
  public void add(Count what, long more) {
    AtomicLong total = total(what);
    total.setOpaque(total.getPlain() + more);
  }

  public long get(Count what) {
    return total(what).getOpaque();
  }

  @Override
  public void change(Action action) {
    switch (action) {
      case INSERT -> inserts++;
      case UPDATE -> updates++;
      case DELETE -> deletes++;
      case TRUNCATE -> truncates++;
    }
  }

  @Override
  public void message() {
    messages++;
  }

  @Override
  public void filtered() {
    add(Count.FILTERED, 1);
  }

  @Override
  public void heartbeat(String content) {
    heartbeat = content;
  }

  /**
   * What time it is, now and then.
   *
   * @param nanos by the clock of the sends
   * @param micros since 2000-01-01
   */
  public void clock(long nanos, long micros) {
    clockNanos = nanos;
    clockMicros = micros;
    if (!heartbeat.isEmpty()) {
      Heartbeat.writtenAt(heartbeat).ifPresent(at -> heartbeatDelays.note(nanos - at));
      heartbeat = "";
    }
  }

  /**
   * A transaction begins.
   *
   * @param micros when it was committed, since 2000-01-01 by PostgreSQL's clock
   */
  public void begins(long micros) {
    committedAt = micros;
  }

  /** A transaction with changes was sent. */
  void sent(long nanos) {
    add(Count.TRANSACTIONS, 1);
    lastSent.setOpaque(nanos);
    if (committedAt != NEVER && clockMicros != NEVER) {
      long now = clockMicros + (nanos - clockNanos) / MICRO_NANOS;
      commitDelays.note((now - committedAt) * MICRO_NANOS);
      committedAt = NEVER;
    }
    settle();
  }

  /** What was on its way was sent. */
  void settle() {
    add(Count.INSERTS, inserts);
    add(Count.UPDATES, updates);
    add(Count.DELETES, deletes);
    add(Count.TRUNCATES, truncates);
    add(Count.MESSAGES, messages);
    forget();
  }

  private void forget() {
    inserts = 0;
    updates = 0;
    deletes = 0;
    truncates = 0;
    messages = 0;
  }

  /** What was on its way is not sent: the client has it, or gets it again. */
  public void discard() {
    forget();
    committedAt = NEVER;
  }

  /**
   * The client has acknowledged. For any thread.
   *
   * @param nanos when it did, by the clock of the sends
   * @param delayNanos since the transaction that it named was sent
   */
  public void acknowledged(long nanos, long delayNanos) {
    total(Count.ACKNOWLEDGED).getAndIncrement();
    lastAcknowledged.set(nanos);
    acknowledgementDelays.note(delayNanos);
  }

  /** The client has acknowledged what it was not sent. For any thread. */
  public void ignored() {
    total(Count.IGNORED).getAndIncrement();
  }

  /** When a transaction was last sent, by the clock of the sends; {@link #NEVER} for none. */
  public long lastSent() {
    return lastSent.getOpaque();
  }

  /** When the client last acknowledged; {@link #NEVER} for none. */
  public long lastAcknowledged() {
    return lastAcknowledged.getOpaque();
  }

  /** From a transaction's commit, by PostgreSQL's clock, to its sending, by ours. */
  public Delays commitDelays() {
    return commitDelays;
  }

  /** From the writing of a heartbeat to its decoding; the newest of those that come together. */
  public Delays heartbeatDelays() {
    return heartbeatDelays;
  }

  /** From a transaction's sending to its acknowledgement. */
  public Delays acknowledgementDelays() {
    return acknowledgementDelays;
  }
}
