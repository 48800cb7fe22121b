package org.pgdeltastream.slot.stream;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.option.Detail;
import org.pgdeltastream.delivery.AckRate;
import org.pgdeltastream.delivery.AckTracker;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.delivery.ResumeFilter;
import org.pgdeltastream.delivery.StreamCounts;
import org.pgdeltastream.delivery.Subscriber;
import org.pgdeltastream.delivery.Subscription;
import org.pgdeltastream.replication.ReplicationSlots;
import org.pgdeltastream.replication.wal.ServerIdentity;
import org.pgdeltastream.replication.wal.SlotPosition;
import org.pgdeltastream.replication.wal.SlotRow;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.slot.upstream.Downstream;
import org.pgdeltastream.slot.upstream.KnownSlot;
import org.pgdeltastream.slot.upstream.Refusal;
import org.pgdeltastream.slot.upstream.SlotCheck;
import org.pgdeltastream.slot.upstream.SlotPipeline;
import org.pgdeltastream.slot.upstream.StreamServices;

/**
 * The client's half of a stream: what it is sent and acknowledges, and whether it lives. The
 * reader's thread sends; the client's threads acknowledge; the reporter checks, and pings while the
 * reader's thread waits for PostgreSQL.
 */
final class StreamClient implements Downstream {
  private final KnownSlot slot;
  private final StreamCounts counts;
  private final StreamOptions options;
  private final Subscriber subscriber;
  private final StreamServices services;
  private final AckTracker acks = new AckTracker(Lsn.NONE);
  private final Subscription subscription;
  private final IdlePosition idle;
  private final Liveness liveness;
  private final DoubtfulAck doubtful = new DoubtfulAck(System.nanoTime());
  private final TailLimits tail;
  private final AckRate ackRate = new AckRate(System.nanoTime());
  private final AtomicReference<@Nullable Lsn> replyWanted = new AtomicReference<>();
  private final ReentrantLock turn = new ReentrantLock(); // to ping while the reader is away
  private boolean readerAway = true; // inside the lock
  private volatile boolean positioned;
  private Lsn confirmed = Lsn.NONE; // the reader's, as is what follows
  private SlotPosition position = SlotPosition.UNKNOWN;
  private @Nullable ServerIdentity server;
  private boolean saidHello;

  StreamClient(Slot slot, StreamOptions options, Subscriber subscriber, StreamServices services) {
    Settings settings = services.settings();
    this.slot = slot.known();
    this.counts = slot.counts();
    this.options = options;
    this.subscriber = subscriber;
    this.services = services;
    this.subscription =
        new Subscription(subscriber, acks, counts, settings.sendTimeout(), System::nanoTime);
    this.idle =
        new IdlePosition(
            acks,
            () -> slot.known().doesClientKeepPosition() ? 0 : settings.idleWalBytes(),
            slot.known()::jumped,
            System.nanoTime());
    this.tail = new TailLimits(settings.ofOperators().tailSeconds(), System.nanoTime());
    this.liveness = new Liveness(settings.pingInterval(), settings.pongTimeout());
  }

  @Override
  public List<String> publications() {
    return options.publications();
  }

  @Override
  public boolean takesOver() {
    return options.takeover();
  }

  @Override
  public boolean acceptsGap() {
    return options.gapAccepted();
  }

  @Override
  public boolean isTemporary() {
    return options.temporary();
  }

  @Override
  public void found(SlotRow row) throws Refusal {
    checkConfirmed(row.confirmedFlush().orElse(Lsn.NONE));
  }

  private void checkConfirmed(Lsn at) throws Refusal {
    if (!positioned) {
      SlotCheck.checkFrom(slot, at, options.from(), options.gapAccepted());
    } else if (at.isAfter(acks.lastSent())) {
      throw new Refusal(
          CloseReason.POSITION_LOST, "slot " + slot.name() + " was moved on by others");
    }
  }

  @Override
  public void found(SlotPosition streaming) {
    position = streaming;
  }

  /** The first time sets where the client begins, which outlives the connection. */
  @Override
  public void begin() throws Refusal {
    checkConfirmed(position.confirmed());
    checkWritten();
    confirmed = position.confirmed();
    if (positioned) {
      return;
    }
    if (options.from().isPresent()) {
      slot.clientKeepsPosition();
    }
    slot.advance(""); // this client knows
    synchronized (this) { // an acknowledgement that came before counts from here
      acks.startAt(confirmed);
      replyWanted.updateAndGet(wanted -> wanted == null ? null : confirmed);
      positioned = true;
    }
  }

  private void checkWritten() throws Refusal {
    Lsn reached = positioned ? acks.lastSent() : options.from().orElse(Lsn.NONE);
    if (position.written().filter(reached::isAfter).isPresent()) {
      throw new Refusal(
          CloseReason.DIVERGED,
          positioned
              ? "PostgreSQL has less WAL than was sent: another server, or a restored one"
              : "from=%s is beyond PostgreSQL's WAL: another server or timeline"
                  .formatted(reached));
    }
  }

  @Override
  public SlotPipeline path(SlotPipeline.Source source, Catalog catalog) throws Refusal {
    if (source.plugin() == OutputPlugin.WAL2JSON && options.changes().has(Detail.UNCHANGED_TOAST)) {
      throw new Refusal(
          CloseReason.CANNOT_DECODE,
          "wal2json does not know " + Detail.UNCHANGED_TOAST.optionName());
    }
    ResumeFilter filter = new ResumeFilter(subscription, acks, options.from().orElse(Lsn.NONE));
    return SlotPipeline.of(
        source, options.changes(), catalog, filter, counts, services.database().heap());
  }

  @Override
  public boolean asksForServer() {
    return options.hello() && !saidHello;
  }

  @Override
  public void found(ServerIdentity streaming) {
    server = streaming;
  }

  @Override
  public void started(OutputPlugin plugin) throws IOException {
    away(false);
    ServerIdentity identity = server;
    if (identity != null && !saidHello) {
      Lsn start = options.from().filter(from -> from.isAfter(confirmed)).orElse(confirmed);
      send(Hello.json(identity, slot.name(), plugin, confirmed, start));
      subscription.flush();
      saidHello = true;
    }
  }

  @Override
  public Lsn flushPosition() {
    return acks.acknowledged();
  }

  @Override
  public Lsn newest() {
    return acks.lastSent();
  }

  @Override
  public boolean hasHalf() {
    return subscription.hasHalfSent() || options.temporary(); // a new slot would begin later
  }

  @Override
  public boolean wantsMore(SlotPipeline path) {
    return options.window() == 0
        || !path.betweenTransactions()
        || subscription.unacknowledgedBytes() < options.window();
  }

  @Override
  public void onPause(SlotPipeline path, Lsn walEnd, Lsn reported) throws IOException {
    if (path.betweenTransactions() && subscription.betweenMessages()) {
      if (options.temporary()) {
        acks.passed(walEnd.max(acks.lastSent()));
      }
      sendReply(reported);
      offer(path, walEnd);
    }
    subscription.flush();
    if (liveness.pingIsDue(System.nanoTime(), subscription.bytes())) {
      subscription.ping();
    }
  }

  /** {@code {"ack":"0/…"}} once the position was reported to PostgreSQL. */
  private void sendReply(Lsn reported) throws IOException {
    Lsn wanted = replyWanted.get();
    if (wanted != null
        && !wanted.isAfter(reported)
        && replyWanted.compareAndSet(wanted, null)) { // else a newer one came
      send("{\"ack\":\"" + wanted + "\"}");
    }
  }

  /** Lets the client move an idle slot on, when WAL that does not concern it was written. */
  private void offer(SlotPipeline path, Lsn walEnd) throws IOException {
    Lsn from = options.from().orElse(Lsn.NONE);
    Optional<Lsn> empty = idle.idle(walEnd, from, System.nanoTime());
    if (empty.isPresent()) {
      path.sendEmptyTransaction(empty.get());
    }
  }

  private void send(String json) throws IOException {
    byte[] bytes = json.getBytes(UTF_8);
    subscription.last(bytes, 0, bytes.length, Lsn.NONE);
  }

  /** Before the reader's thread sends again, it waits for a ping of the reporter's. */
  @Override
  public void away(boolean waits) {
    turn.lock();
    try {
      readerAway = waits;
    } finally {
      turn.unlock();
    }
  }

  /** For another thread than the reader's: a ping that is due while the reader waits elsewhere. */
  void pingWhileAway() {
    if (!turn.tryLock()) {
      return;
    }
    try {
      if (readerAway && liveness.pingIsDue(System.nanoTime(), subscription.bytes())) {
        subscription.ping();
      }
    } catch (IOException e) {
      // the reader meets the same when it sends; a client that is gone says so by itself
    } finally {
      turn.unlock();
    }
  }

  /** Whether {@link #pingWhileAway} has something to do. */
  boolean needsPing() {
    return liveness.isQuiet(System.nanoTime()) && !subscription.isSending();
  }

  /**
   * The client acknowledges up to here. What was not sent here is ignored; {@link #refused} says
   * whether PostgreSQL has not even written it.
   *
   * @return why it is refused
   */
  Optional<String> acknowledge(Lsn lsn, boolean reply) {
    heard();
    boolean ignored;
    long now = System.nanoTime();
    synchronized (this) {
      if (ackRate.isFlood(now)) {
        return Optional.of("more than 1000 acknowledgements a second, lsn " + lsn);
      }
      ignored = acks.acknowledge(lsn) == AckTracker.Verdict.IGNORED;
      if (ignored) {
        counts.ignored();
      } else {
        counts.acknowledged(now, now - acks.acknowledgedSentAt());
      }
      if (reply) {
        replyWanted.set(positioned ? acks.acknowledged() : Lsn.NONE);
      }
    }
    if (ignored && lsn.isAfter(acks.lastSent())) {
      doubtful.add(lsn);
    }
    return Optional.empty();
  }

  /** Whether {@link #refused} has something to ask. */
  boolean isDoubtful() {
    return doubtful.isDue(System.nanoTime());
  }

  /**
   * Asks PostgreSQL; not for a thread of the container's or the reporter.
   *
   * @param walEnd so far PostgreSQL has come for sure
   * @return why the stream must end: PostgreSQL would skip WAL that it has not written yet
   */
  Optional<String> refused(Lsn walEnd) throws SQLException {
    ReplicationSlots slots = services.database().slots();
    return doubtful
        .ask(System.nanoTime(), lsn -> lsn.isAfter(walEnd) && slots.isBeyondWal(lsn))
        .map(lsn -> "lsn " + lsn + " is beyond PostgreSQL's WAL");
  }

  /** Why a tail must end. */
  Optional<String> exceeded(Lsn written) {
    return options.temporary()
        ? tail.exceeded(written, acks.acknowledged(), System.nanoTime())
        : Optional.empty();
  }

  /** The client gave a sign of life. */
  void heard() {
    liveness.heard(System.nanoTime(), subscription.bytes());
  }

  boolean isSending() {
    return subscription.isSending();
  }

  /** A send makes no progress. */
  boolean isStuck() {
    return subscription.isStuck();
  }

  /** Why the client counts as gone: a send makes no progress, or it answers no ping. */
  Optional<String> gone() {
    if (subscription.isStuck()) {
      return Optional.of("a send made no progress for the send timeout");
    }
    boolean silent =
        !subscription.isSending() // a ping lies behind what is being sent
            && liveness.isSilent(System.nanoTime(), subscription.waitedUntil());
    return silent ? Optional.of("no answer to a ping") : Optional.empty();
  }

  /** Closes the client; may block for a bounded time. */
  void close(CloseReason reason, String detail) {
    subscriber.close(reason, detail);
  }

  /** Begins to close the client; never waits. */
  void sendClose(CloseReason reason, String detail) {
    subscriber.sendClose(reason, detail);
  }

  /** Ends a send that closing the client does not end. */
  void interruptSend() {
    subscription.interruptSend();
  }

  long acksIgnored() {
    return acks.ignored();
  }

  SlotReport.Unacknowledged unacknowledged() {
    return new SlotReport.Unacknowledged(
        acks.unacknowledged(), Math.max(0, subscription.unacknowledgedBytes()));
  }
}
