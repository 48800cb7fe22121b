package org.pgdeltastream.slot.view;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.log.Rows;
import org.pgdeltastream.spool.SpoolReader;

/**
 * A subscriber's place in a snapshot's file. Its writer asks for a piece when the connection takes
 * one, and the feeder's thread reads it: no writer waits for a file, and nobody holds a piece that
 * its client does not take.
 */
final class SpoolRows implements Rows {
  private final FeedSubscriber subscriber;
  private final SpoolReader file; // the feeder's
  private final SpoolFeeder feeder;
  private final Runnable ended;
  private final AtomicBoolean isAsked = new AtomicBoolean();
  private final AtomicReference<byte @Nullable []> piece = new AtomicReference<>();

  /**
   * At the begin.
   *
   * @param ended called once all was read
   */
  SpoolRows(FeedSubscriber subscriber, SpoolReader file, SpoolFeeder feeder, Runnable ended) {
    this.subscriber = subscriber;
    this.file = file;
    this.feeder = feeder;
    this.ended = ended;
  }

  @Override
  public byte @Nullable [] take() {
    byte[] some = piece.getAndSet(null);
    if (some == null && isAsked.compareAndSet(false, true)) {
      feeder.read(this);
    }
    return some;
  }

  @Override
  public boolean isInside() {
    return file.isInside();
  }

  FeedSubscriber subscriber() {
    return subscriber;
  }

  /** In the feeder's thread. */
  void readOn() throws IOException {
    byte[] some = file.read();
    if (some == null) {
      ended.run();
      return;
    }
    piece.set(some);
    isAsked.set(false);
    subscriber.ready(); // it was; the writer asks the connection anyway
  }
}
