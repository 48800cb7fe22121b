package org.pgdeltastream.slot;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.delivery.AckTracker;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.delivery.Subscriber;
import org.pgdeltastream.delivery.Subscription;
import org.pgdeltastream.replication.ReplicationReader;
import org.pgdeltastream.replication.WalListener;

/**
 * One client's stream of one slot, from the look at the slot to the close of the client. Its task
 * reads, decodes, encodes and sends; the client's threads acknowledge and end it; the reporter
 * reports for it while it is inside a send.
 */
public final class SlotStream implements Runnable, WalListener {
  private static final long EMPTY_TRANSACTION_NANOS = Duration.ofSeconds(10).toNanos();
  private static final AckTracker NOTHING_SENT = new AckTracker(Lsn.NONE);

  private final StreamOptions options;
  private final Subscriber subscriber;
  private final StreamStarter starter;
  private final CountDownLatch ended = new CountDownLatch(1);
  private final AtomicReference<@Nullable Ending> ending = new AtomicReference<>();
  private volatile AckTracker acks = NOTHING_SENT;
  private volatile @Nullable ReplicationReader reader;
  private volatile @Nullable Subscription subscription;
  private volatile @Nullable Lsn replyWanted;
  private volatile Lsn serverWalEnd = Lsn.NONE;
  private @Nullable SlotPipeline pipeline;
  private Lsn lastEmptyTransaction = Lsn.NONE;
  private long lastEmptyTransactionAt = System.nanoTime();

  /** Why it ends; without a reason the client has gone by itself. */
  record Ending(Optional<CloseReason> reason, String detail) {}

  SlotStream(StreamOptions options, Subscriber subscriber, StreamStarter starter) {
    this.options = options;
    this.subscriber = subscriber;
    this.starter = starter;
  }

  SlotName slotName() {
    return options.slotName();
  }

  /** The reader task. The slot is free before the client is told, so that it may come back. */
  @Override
  public void run() {
    Ending why;
    try {
      why = starter.run(this);
    } finally {
      ended.countDown();
    }
    why.reason().ifPresent(reason -> subscriber.close(reason, why.detail()));
  }

  StreamOptions options() {
    return options;
  }

  Subscriber subscriber() {
    return subscriber;
  }

  /** Called by the starter when the slot is ready: reads until something ends it. */
  void read(AckTracker tracker, Subscription place, SlotPipeline path, ReplicationReader opened)
      throws SQLException, IOException {
    acks = tracker;
    subscription = place;
    pipeline = path;
    reader = opened;
    if (ending.get() != null) {
      opened.stop();
    }
    opened.run();
  }

  @Override
  public void onWalData(byte[] message, int start) throws IOException {
    pipeline().decode(message, start);
  }

  @Override
  public void onServerWalEnd(Lsn walEnd) {
    serverWalEnd = walEnd;
  }

  @Override
  public void onNothingWaiting() throws IOException {
    Subscription place = place();
    if (pipeline().betweenTransactions() && place.betweenMessages()) {
      sendReply(place);
      sendEmptyTransaction();
    }
    place.flush();
  }

  /**
   * The client says: done up to here. What was not sent here is ignored, unless PostgreSQL has not
   * even written it: that is refused, because PostgreSQL would believe it.
   */
  public void acknowledge(Lsn lsn, boolean reply) {
    AckTracker.Verdict verdict = acks.acknowledge(lsn);
    if (verdict == AckTracker.Verdict.IGNORED && isBeyondWal(lsn)) {
      end(CloseReason.BAD_ACK, "lsn " + lsn + " is beyond PostgreSQL's WAL");
    }
    if (reply) {
      replyWanted = acks.acknowledged();
    }
  }

  /** Ends the stream; the first reason counts. */
  public void end(CloseReason reason, String detail) {
    end(new Ending(Optional.of(reason), detail));
  }

  /** The client has gone by itself. */
  public void clientGone() {
    end(new Ending(Optional.empty(), "the client has gone"));
  }

  private void end(Ending why) {
    ending.compareAndSet(null, why);
    ReplicationReader running = reader;
    if (running != null) {
      running.stop();
    }
  }

  /** Why it was told to end, if it was. */
  Optional<Ending> ending() {
    return Optional.ofNullable(ending.get());
  }

  boolean awaitEnd(Duration limit) {
    try {
      return ended.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** For the reporter: a sign of life to PostgreSQL while the reader is inside a send. */
  void reportWhileSending() {
    ReplicationReader running = reader;
    if (running != null) {
      running.reportWhileSending();
    }
  }

  /** For the reporter: a send makes no progress. */
  boolean isStuck() {
    Subscription place = subscription;
    return place != null && place.isStuck();
  }

  long acksIgnored() {
    return acks.ignored();
  }

  private boolean isBeyondWal(Lsn lsn) {
    return lsn.isAfter(serverWalEnd) && starter.isBeyondWal(lsn);
  }

  /** {@code {"ack":"0/…"}} once the position was reported to PostgreSQL. */
  private void sendReply(Subscription place) throws IOException {
    Lsn wanted = replyWanted;
    ReplicationReader running = reader;
    if (wanted == null || running == null || wanted.isAfter(running.reported())) {
      return;
    }
    replyWanted = null;
    send(place, "{\"ack\":\"" + wanted + "\"}", Lsn.NONE);
  }

  /** Lets the client move an idle slot on, when WAL that does not concern it was written. */
  private void sendEmptyTransaction() throws IOException {
    long now = System.nanoTime();
    Lsn walEnd = serverWalEnd;
    if (now - lastEmptyTransactionAt < EMPTY_TRANSACTION_NANOS
        || !walEnd.isAfter(lastEmptyTransaction)
        || !walEnd.isAfter(acks.lastSent())) {
      return;
    }
    lastEmptyTransaction = walEnd;
    lastEmptyTransactionAt = now;
    pipeline().sendEmptyTransaction(walEnd);
  }

  private static void send(Subscription place, String json, Lsn endLsn) throws IOException {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    place.last(bytes, 0, bytes.length, endLsn);
  }

  private SlotPipeline pipeline() {
    return java.util.Objects.requireNonNull(pipeline, "not started");
  }

  private Subscription place() {
    return java.util.Objects.requireNonNull(subscription, "not started");
  }

  @Override
  public String toString() {
    return "reader " + options.slotName();
  }
}
