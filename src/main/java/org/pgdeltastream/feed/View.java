package org.pgdeltastream.feed;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Begin;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MessageOutput;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.encoder.Head;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.feed.log.FrameLog;
import org.pgdeltastream.feed.log.FramedLog;
import org.pgdeltastream.feed.log.Framing;

/** What some subscribers are shown of a feed: its messages, in one log for each framing. */
final class View implements MessageOutput {
  private final ViewOptions options;
  private final Runnable whenFull;
  private final List<View> unpublished;
  private final Map<Framing, FramedLog> logs = new EnumMap<>(Framing.class);
  private final AtomicInteger subscribers = new AtomicInteger();
  private Envelopes.@Nullable Loan envelope;
  private boolean touched; // by the open transaction
  private boolean published = true;

  /**
   * Without logs yet.
   *
   * @param whenFull publishes them, and waits for who reads them
   * @param unpublished where it enters itself when there is something new
   */
  View(ViewOptions options, Runnable whenFull, List<View> unpublished) {
    this.options = options;
    this.whenFull = whenFull;
    this.unpublished = unpublished;
  }

  private void isNew() {
    if (published) {
      published = false;
      unpublished.add(this);
    }
  }

  ViewOptions options() {
    return options;
  }

  ChangeOptions changes() {
    return options.changes();
  }

  /** Somebody follows it, or is about to. */
  void enter() {
    subscribers.incrementAndGet();
  }

  void leave() {
    subscribers.decrementAndGet();
  }

  boolean isUsed() {
    return subscribers.get() > 0;
  }

  Collection<FramedLog> logs() {
    return logs.values();
  }

  boolean has(Framing framing) {
    return logs.containsKey(framing);
  }

  FrameLog log(Framing framing) {
    return requireNonNull(logs.get(framing), "not made").log();
  }

  void add(Framing framing, FrameLog made, FeedPosition.Stamp stamp) {
    FramedLog framed = framing.into(made);
    framed.stamp(stamp.of(options.hash()));
    logs.put(framing, framed);
  }

  /** Each log keeps no more than this from now on. */
  void limit(int bytes) {
    logs.values().forEach(log -> log.log().limit(bytes));
  }

  /** Who reads them gets nothing more. */
  void forgetLogs() {
    logs.values().forEach(log -> log.log().forget());
    logs.clear();
  }

  /** Whether this is the open transaction's first change for the view. */
  boolean touch() {
    boolean first = !touched;
    touched = true;
    return first;
  }

  /** A change of a transaction's message begins. */
  void startChange(Envelopes envelopes, Head head, Begin begin) throws IOException {
    Envelopes.Loan loan = envelope;
    if (loan == null) {
      loan = envelopes.lend(this);
      loan.envelope().start(head, begin);
      envelope = loan;
    }
    loan.envelope().startChange();
  }

  /** A piece of a change. */
  void change(byte[] bytes, int start, int length) throws IOException {
    Envelopes.Loan loan = envelope;
    if (loan != null) {
      loan.envelope().text().append(bytes, start, length);
    }
  }

  void endChange() throws IOException {
    Envelopes.Loan loan = envelope;
    if (loan != null) {
      loan.envelope().endChange();
    }
  }

  /** The transaction's message ends. */
  void endMessage(Lsn end) throws IOException {
    Envelopes.Loan loan = envelope;
    if (loan != null) {
      if (end.equals(Lsn.NONE)) {
        loan.envelope().endWithoutPosition();
      } else {
        loan.envelope().end(end);
      }
      loan.giveBack();
      envelope = null;
    }
    touched = false;
  }

  /** The open transaction will not end: PostgreSQL was lost. */
  void rollBack() {
    Envelopes.Loan loan = envelope;
    if (loan != null) {
      loan.giveBack();
      envelope = null;
    }
    touched = false;
    for (FramedLog log : logs.values()) {
      log.rolledBack();
      log.log().rollBack();
    }
  }

  @Override
  public void begin(Lsn earliestEnd) {}

  @Override
  public void part(byte[] bytes, int start, int length) {
    isNew();
    for (FramedLog log : logs.values()) {
      log.part(bytes, start, length);
    }
    check();
  }

  @Override
  public void last(byte[] bytes, int start, int length, Lsn endLsn) {
    isNew();
    for (FramedLog log : logs.values()) {
      log.last(bytes, start, length, endLsn);
    }
    check();
  }

  private void check() {
    for (FramedLog log : logs.values()) {
      if (log.log().isFull()) {
        whenFull.run();
        return;
      }
    }
  }

  /** A message of its own ended there. */
  void mark(Lsn position) {
    isNew();
    logs.values().forEach(log -> log.mark(position));
  }

  /** Nothing concerned it up to here. */
  void progress(byte[] json, Lsn position) {
    isNew();
    for (FramedLog log : logs.values()) {
      log.progress(json, position);
    }
  }

  /** Lets subscribers read what is new. */
  void publish() {
    published = true;
    for (FramedLog log : logs.values()) {
      log.log().publish();
    }
  }
}
