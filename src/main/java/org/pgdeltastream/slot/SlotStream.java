package org.pgdeltastream.slot;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.delivery.AckRate;
import org.pgdeltastream.delivery.AckTracker;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.delivery.Subscriber;
import org.pgdeltastream.delivery.Subscription;
import org.pgdeltastream.replication.ReplicationReader;
import org.pgdeltastream.replication.ServerIdentity;
import org.pgdeltastream.replication.WalListener;
import org.pgdeltastream.replication.WalsenderState;

/**
 * One client's stream of one slot, from the look at the slot to the close of the client, over as
 * many connections to PostgreSQL as it takes. Its task reads, decodes, encodes and sends; the
 * client's threads acknowledge and end it; the reporter reports for it while it is inside a send.
 */
public final class SlotStream implements Runnable, WalListener {
  private static final long OVERDUE_NANOS = Duration.ofSeconds(2).toNanos();
  private static final AckTracker NOTHING_SENT = new AckTracker(Lsn.NONE);

  private final StreamOptions options;
  private final Subscriber subscriber;
  private final StreamStarter starter;
  private final Liveness liveness;
  private final AckRate ackRate = new AckRate(System.nanoTime());
  private final StreamEnd end = new StreamEnd();
  private final UpstreamLook upstream = new UpstreamLook();
  private final AtomicBoolean closing = new AtomicBoolean();
  private volatile AckTracker acks = NOTHING_SENT;
  private volatile @Nullable ReplicationReader reader;
  private volatile boolean reading;
  private volatile @Nullable Subscription subscription;
  private volatile @Nullable PublicationGuard guard;
  private volatile @Nullable Lsn replyWanted;
  private volatile Lsn serverWalEnd = Lsn.NONE;
  private @Nullable SlotPipeline pipeline;
  private @Nullable IdlePosition idle;

  SlotStream(
      StreamOptions options, Subscriber subscriber, StreamStarter starter, Settings settings) {
    this.options = options;
    this.subscriber = subscriber;
    this.starter = starter;
    this.liveness = new Liveness(settings.pingInterval(), settings.pongTimeout());
  }

  SlotName slotName() {
    return options.slotName();
  }

  StreamOptions options() {
    return options;
  }

  Subscriber subscriber() {
    return subscriber;
  }

  AckTracker acks() {
    return acks;
  }

  Subscription subscription() {
    return requireNonNull(subscription, "not placed");
  }

  /**
   * Begins, on a reader's thread. Not to be called inside a call of an EJB: TomEE lets the new task
   * share the call's transaction context, and both fail.
   *
   * @throws org.pgdeltastream.change.ProblemException STREAMS_EXHAUSTED if no thread is free
   */
  public void start() {
    starter.start(this);
  }

  /** The reader task. The slot is free before the client is told, so that it may come back. */
  @Override
  public void run() {
    Ending told;
    try {
      told = starter.run(this);
    } finally {
      end.ended();
    }
    close(told);
  }

  private void close(Ending told) {
    told.reason().ifPresent(reason -> subscriber.close(reason, told.detail()));
  }

  /** The client gets its place in the stream: once, whatever becomes of the connection. */
  void place(AckTracker tracker, Subscription place, IdlePosition position) {
    acks = tracker;
    idle = position;
    subscription = place;
  }

  boolean isPlaced() {
    return subscription != null;
  }

  /** Reads one connection to PostgreSQL until something ends it. */
  void read(SlotPipeline path, ReplicationReader opened) throws SQLException, IOException {
    pipeline = path;
    reader = opened;
    if (ending().isPresent()) {
      opened.stop();
    }
    reading = true;
    try {
      opened.run();
    } finally {
      reading = false;
    }
  }

  /** A connection to PostgreSQL is open now. */
  boolean isReading() {
    return reading;
  }

  /** A connection was read before. */
  boolean wasRead() {
    return reader != null;
  }

  boolean hasHalfSent() {
    Subscription place = subscription;
    return place != null && place.hasHalfSent();
  }

  void sayHello(ServerIdentity server, OutputPlugin plugin, Lsn confirmed) throws IOException {
    Lsn start = options.from().filter(from -> from.isAfter(confirmed)).orElse(confirmed);
    String hello =
        "{\"hello\":{\"system\":\"%s\",\"timeline\":%s,\"slot\":\"%s\",\"plugin\":\"%s\",\"confirmed\":\"%s\",\"start\":\"%s\"}}"
            .formatted(
                server.systemId(),
                server.timeline(),
                slotName(),
                plugin.sqlName(),
                confirmed,
                start);
    send(subscription(), hello, Lsn.NONE);
  }

  @Override
  public long committedAt(byte[] message, int start, int end) {
    return path().committedAt(message, start, end);
  }

  @Override
  public void onWalData(byte[] message, int start, int end, long position) throws IOException {
    path().decode(message, start, end, position);
  }

  @Override
  public void onServerWalEnd(Lsn walEnd) {
    serverWalEnd = walEnd;
  }

  @Override
  public boolean wantsMore() {
    return options.window() == 0
        || !path().betweenTransactions()
        || subscription().unacknowledgedBytes() < options.window();
  }

  @Override
  public void onPause() throws IOException {
    Subscription place = subscription();
    if (path().betweenTransactions() && place.betweenMessages()) {
      sendReply(place);
      sendEmptyTransaction();
    }
    place.flush();
    if (liveness.pingIsDue(System.nanoTime())) {
      place.ping();
    }
  }

  /**
   * The client says: done up to here. What was not sent here is ignored, unless PostgreSQL has not
   * even written it: that is refused, because PostgreSQL would believe it.
   */
  public synchronized void acknowledge(Lsn lsn, boolean reply) {
    heard();
    if (ackRate.isFlood(System.nanoTime())) {
      end(CloseReason.BAD_ACK, "more than 1000 acknowledgements a second, lsn " + lsn);
      return;
    }
    AckTracker.Verdict verdict = acks.acknowledge(lsn);
    if (verdict == AckTracker.Verdict.IGNORED && isBeyondWal(lsn)) {
      end(CloseReason.BAD_ACK, "lsn " + lsn + " is beyond PostgreSQL's WAL");
    }
    if (reply) {
      replyWanted = acks.acknowledged();
    }
  }

  /** The client gave a sign of life. */
  public void heard() {
    liveness.heard(System.nanoTime());
  }

  /** Ends the stream; the first reason counts. */
  public void end(CloseReason reason, String detail) {
    end(Ending.of(reason, detail));
  }

  /** The client has gone by itself. */
  public void clientGone() {
    end(Ending.byItself("the client has gone"));
  }

  private void end(Ending told) {
    end.tell(told);
    ReplicationReader running = reader;
    if (running != null) {
      running.stop();
    }
  }

  /** Why it was told to end, if it was. */
  Optional<Ending> ending() {
    return end.why();
  }

  /** Waits before the next try; false if the stream is told to end. */
  boolean pause(Duration time) {
    return !end.awaitTold(time);
  }

  boolean awaitEnd(Duration limit) {
    return end.awaitEnded(limit);
  }

  /** For the reporter: a sign of life to PostgreSQL while the reader is inside a send. */
  void reportWhileSending() {
    ReplicationReader running = reader;
    if (running != null) {
      running.reportWhileSending();
    }
  }

  /** For the reporter: PostgreSQL shuts down and must not wait for us. */
  void cutUpstream() {
    ReplicationReader running = reader;
    if (running != null) {
      running.abort();
    }
  }

  /** For the reporter, every second: cuts a connection on which nothing will come any more. */
  void lookAtUpstream(IntFunction<WalsenderState> stateOf) {
    ReplicationReader running = reader;
    Subscription place = subscription;
    if (reading && running != null && place != null && !place.isSending()) {
      if (upstream.isDead(running.silence(), () -> stateOf.apply(running.process()))) {
        running.abort();
      }
    }
  }

  /** The walsender of a connection that this stream has given up. */
  boolean wasServedBy(int walsender) {
    ReplicationReader former = reader;
    return former != null && former.walsender() == walsender;
  }

  /** From now on these publications must stay: what is published by others is not the same. */
  void guard(PublicationGuard publications) {
    guard = publications;
  }

  Optional<PublicationGuard> guard() {
    return Optional.ofNullable(guard);
  }

  /** For the reporter: a send makes no progress, or a ping has no answer. */
  Optional<String> stuck() {
    Subscription place = subscription;
    if (place == null) {
      return Optional.empty();
    }
    if (place.isStuck()) {
      return Optional.of("a send made no progress for the send timeout");
    }
    return liveness.isSilent(System.nanoTime(), place.lastProgress())
        ? Optional.of("no answer to a ping")
        : Optional.empty();
  }

  /**
   * For the reporter: a send that goes on after the end is ended by closing the client from outside
   * its reader. That may block, so others do it; while all are busy it waits for the next look.
   */
  void closeIfOverdue(Executor closers) {
    if (isOverdue() && closing.compareAndSet(false, true)) {
      try {
        closers.execute(this::closeClient);
      } catch (RejectedExecutionException e) {
        closing.set(false);
      }
    }
  }

  /** Tells the client before its reader does; a send under way comes first. Never waits. */
  void tellClientUnlessSending() {
    Subscription place = subscription;
    if (place == null || !place.isSending()) {
      tellClient();
    }
  }

  /** The server stops: a client that takes too long is cut off, and its reader set free. */
  void cutClient() {
    tellClient();
    subscriber.awaitClosed(Duration.ZERO);
    Subscription place = subscription;
    if (place != null) {
      place.interruptSend();
    }
  }

  private void tellClient() {
    ending()
        .ifPresent(
            told -> told.reason().ifPresent(reason -> subscriber.sendClose(reason, told.detail())));
  }

  private boolean isOverdue() {
    Subscription place = subscription;
    return ending().isPresent()
        && place != null
        && place.isSending()
        && (place.isStuck() || end.wasToldBefore(OVERDUE_NANOS));
  }

  private void closeClient() {
    ending()
        .map(
            told ->
                told.reason().isPresent()
                    ? told
                    : Ending.of(CloseReason.SLOW_SUBSCRIBER, "a send made no progress"))
        .ifPresent(this::close);
    subscription().interruptSend();
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
    Lsn from = options.from().orElse(Lsn.NONE);
    IdlePosition position = requireNonNull(idle, "not placed");
    Optional<Lsn> empty = position.idle(serverWalEnd, from, System.nanoTime());
    if (empty.isPresent()) {
      path().sendEmptyTransaction(empty.get());
    }
  }

  private static void send(Subscription place, String json, Lsn endLsn) throws IOException {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    place.last(bytes, 0, bytes.length, endLsn);
  }

  private SlotPipeline path() {
    return requireNonNull(pipeline, "not started");
  }

  @Override
  public String toString() {
    return "reader " + options.slotName();
  }
}
