package org.pgdeltastream.slot.stream;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.INFO;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntFunction;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.delivery.Subscriber;
import org.pgdeltastream.delivery.SubscriberGoneException;
import org.pgdeltastream.replication.WalsenderState;
import org.pgdeltastream.replication.connection.OpenSockets;
import org.pgdeltastream.slot.upstream.Ending;
import org.pgdeltastream.slot.upstream.PublicationGuard;
import org.pgdeltastream.slot.upstream.Refusal;
import org.pgdeltastream.slot.upstream.StreamLife;
import org.pgdeltastream.slot.upstream.StreamServices;
import org.pgdeltastream.slot.upstream.StreamState;
import org.pgdeltastream.slot.upstream.Upstream;

/**
 * One client's stream of one slot: an {@link Upstream} and a {@link StreamClient} that share one
 * {@link StreamLife}. Its task runs on a reader's thread, from taking the slot to closing the
 * client; the client's threads acknowledge and end it; the reporter checks it.
 */
public final class SlotStream implements Runnable {
  private static final System.Logger LOG = System.getLogger(SlotStream.class.getName());
  public static final String STOPS = "the server stops; reconnect";

  private static final long OVERDUE_NANOS = Duration.ofSeconds(2).toNanos();
  private static final Duration FORMER_READER = Duration.ofSeconds(5);

  private final Slots slots;
  private final Slot slot;
  private final StreamOptions options;
  private final StreamServices services;
  private final Executor readers;
  private final StreamLife life = new StreamLife();
  private final Subscriber subscriber;
  private final StreamClient client;
  private final Upstream upstream;
  private final AtomicBoolean closing = new AtomicBoolean();
  private final AtomicBoolean pinging = new AtomicBoolean();
  private final AtomicBoolean asking = new AtomicBoolean();
  private final Instant since = Instant.now();
  private volatile String address = "";

  public SlotStream(
      Slots slots,
      StreamOptions options,
      Subscriber subscriber,
      StreamServices services,
      Executor readers) {
    this.slots = slots;
    this.slot = slots.entered(options.slotName());
    this.options = options;
    this.services = services;
    this.readers = readers;
    this.subscriber = subscriber;
    OpenSockets sockets = new OpenSockets();
    StreamServices cut = services.within(sockets);
    this.client = new StreamClient(slot, options, subscriber, cut);
    this.upstream = new Upstream(slot.known(), client, life, cut, sockets, slot.counts());
  }

  /** The client's address, for operators. */
  public void isFrom(String clientAddress) {
    address = Shown.of(clientAddress);
  }

  public SlotReport.Client client() {
    return new SlotReport.Client(address, since);
  }

  /**
   * Begins, on a reader's thread, which must not wait: the client would wait in silence. Not to be
   * called inside a call of an EJB: TomEE lets the new task share the call's transaction context,
   * and both fail.
   *
   * @throws ProblemException STREAMS_EXHAUSTED if no thread is free
   */
  public void start() {
    boolean begun = false;
    try {
      readers.execute(this);
      begun = true;
    } catch (RejectedExecutionException e) {
      throw services.tooMany(e);
    } finally {
      if (!begun) {
        slots.left(slot);
      }
    }
  }

  /**
   * The reader task. Whatever is thrown, the slot is free at its end, and before the client is
   * closed, so that it may come back.
   */
  @Override
  public void run() {
    Ending why = Ending.of(CloseReason.INTERNAL, "internal error");
    try {
      why = serve();
    } catch (Refusal e) {
      why = e.ending();
    } catch (Throwable e) { // an Error too: nobody else would end this stream
      why = failed(e);
    } finally {
      try {
        end(why);
      } finally {
        leaveAndClose(why);
      }
    }
  }

  private Ending serve() throws Refusal {
    occupy();
    if (services.stopping().get()) {
      throw new Refusal(CloseReason.SERVICE_RESTART, STOPS);
    }
    try {
      return upstream.run();
    } catch (SubscriberGoneException e) {
      client.close(CloseReason.INTERNAL, "a send failed"); // where it only failed
      return life.why().orElseGet(Ending::byItself);
    }
  }

  private Ending failed(Throwable e) {
    String id = UUID.randomUUID().toString();
    LOG.log(ERROR, this + " failed, error id " + id, e);
    return e instanceof OutOfMemoryError
        ? Ending.of(CloseReason.INTERNAL, "no memory for what comes, see -Xmx; error id " + id)
        : Ending.of(CloseReason.INTERNAL, "internal error, id " + id);
  }

  /** One slot, one client; waits for a client that leaves or has to. */
  private void occupy() throws Refusal {
    long deadline = System.nanoTime() + FORMER_READER.toNanos();
    while (!slot.occupy(this)) {
      Optional<SlotStream> other = slot.stream();
      if (options.takeover()) {
        other.ifPresent(
            taken -> taken.end(CloseReason.SUPERSEDED, "another client took the slot over"));
      }
      boolean leaving = other.isEmpty() || other.get().isEnding();
      long left = deadline - System.nanoTime();
      if (!leaving || left <= 0) {
        throw new Refusal(
            CloseReason.SLOT_BUSY, "slot " + slot.name() + " is streamed by another client");
      }
      other.ifPresent(former -> former.awaitEnd(Duration.ofNanos(left)));
    }
  }

  private void leaveAndClose(Ending why) {
    try {
      leave(why);
    } finally {
      close(why);
    }
  }

  private void leave(Ending why) {
    try {
      Optional<SlotReport.LastClose> close =
          why.reason().isPresent() || why.clientCode() > 0
              ? Optional.of(
                  new SlotReport.LastClose(
                      why.reason(), why.clientCode(), why.detail(), Instant.now()))
              : Optional.empty();
      slot.leave(this, close.orElse(null), client.acksIgnored());
      LOG.log(INFO, this + " ended: " + why);
      why.reason().ifPresentOrElse(slots.closes()::closed, slots.closes()::left);
    } finally {
      slots.left(slot);
      life.ended();
    }
  }

  private void close(Ending why) {
    why.reason().ifPresent(reason -> client.close(reason, why.detail()));
  }

  /** The client acknowledges up to here, and perhaps wants a reply. */
  public void acknowledge(Lsn lsn, boolean reply) {
    client.acknowledge(lsn, reply).ifPresent(refusal -> end(CloseReason.BAD_ACK, refusal));
  }

  /** The client gave a sign of life. */
  public void heard() {
    client.heard();
  }

  /** Ends the stream; the first reason counts. */
  public void end(CloseReason reason, String detail) {
    end(Ending.of(reason, detail));
  }

  /** The client has gone without a close frame. */
  public void clientGone() {
    end(Ending.byItself());
  }

  /** The client has closed with this code and reason. */
  public void clientGone(int code, String detail) {
    end(Ending.byClient(code, detail));
  }

  private void end(Ending why) {
    life.end(why);
    upstream.stop();
  }

  public StreamState state() {
    return life.state();
  }

  /** The reader's thread is inside a send. */
  public boolean isSending() {
    return client.isSending();
  }

  /** It is to end. */
  public boolean isEnding() {
    return life.why().isPresent();
  }

  /** Waits until the slot is free; false if that takes longer. */
  public boolean awaitEnd(Duration limit) {
    return life.awaitOver(limit);
  }

  /** For the reporter, four times a second: ends a client that is gone, pings one that waits. */
  public void checkClient(Executor others) {
    upstream.reportWhileSending();
    client.gone().ifPresent(detail -> end(CloseReason.SLOW_SUBSCRIBER, detail));
    upstream.heldTooLong().ifPresent(this::end);
    if (client.needsPing()) {
      executeOnce(others, pinging, client::pingWhileAway);
    }
    if (client.isDoubtful() && isReading()) {
      executeOnce(others, asking, this::refuseDoubtfulAck);
    }
    if (isOverdue()) {
      executeOnce(others, closing, this::closeFromOutside);
    }
  }

  /** PostgreSQL is there, so that a question holds no thread for long. */
  private boolean isReading() {
    return life.state() == StreamState.STREAMING || life.state() == StreamState.CATCHING_UP;
  }

  private void refuseDoubtfulAck() {
    try {
      client.refused(upstream.walEnd()).ifPresent(refusal -> end(CloseReason.BAD_ACK, refusal));
    } catch (SQLException e) {
      LOG.log(DEBUG, "PostgreSQL could not be asked about an acknowledgement of " + this, e);
    }
  }

  /** Others do what may block, one at a time; while all are busy it waits for the next check. */
  private void executeOnce(Executor others, AtomicBoolean running, Runnable task) {
    if (!running.compareAndSet(false, true)) {
      return;
    }
    try {
      others.execute(
          () -> {
            try {
              task.run();
            } catch (Throwable e) {
              LOG.log(ERROR, "The client of " + this + " could not be checked", e);
            } finally {
              running.set(false);
            }
          });
    } catch (RejectedExecutionException e) {
      running.set(false);
    } catch (RuntimeException | Error e) {
      running.set(false);
      throw e;
    }
  }

  /** For the reporter: PostgreSQL shuts down and must not wait for us. */
  public void cutUpstream() {
    upstream.cut();
  }

  /** For the reporter, every second: a tail has had its time, or keeps too much WAL. */
  public void checkTail(Lsn written) {
    client.exceeded(written).ifPresent(detail -> end(CloseReason.OPERATOR, detail));
  }

  /** For the reporter, every second: cuts a connection on which nothing will come any more. */
  public void checkUpstream(IntFunction<WalsenderState> stateOf) {
    if (!isSending()) {
      upstream.checkSilence(stateOf);
    }
  }

  /** The publications that the stream depends on. */
  public Optional<PublicationGuard> guard() {
    return upstream.guard();
  }

  /** Closes the client before its reader does; a send under way comes first. Never waits. */
  public void closeClientUnlessSending() {
    if (!client.isSending()) {
      closeClient();
    }
  }

  /** Waits for the client's answer to its close, then cuts it off. */
  public void awaitClosed(Duration limit) {
    subscriber.awaitClosed(limit);
  }

  /** The server stops: cuts off a client that takes too long, and so frees its reader. */
  public void cutClient() {
    closeClient();
    subscriber.awaitClosed(Duration.ZERO);
    client.interruptSend();
  }

  private void closeClient() {
    life.why()
        .ifPresent(why -> why.reason().ifPresent(reason -> client.sendClose(reason, why.detail())));
  }

  /** The reader's thread does not end: it is inside a send, or waits for PostgreSQL. */
  private boolean isOverdue() {
    return life.state() == StreamState.ENDING
        && (life.isEndingFor(OVERDUE_NANOS) || client.isStuck());
  }

  private void closeFromOutside() {
    Ending why = life.why().orElseThrow();
    CloseReason reason = why.reason().orElse(CloseReason.SLOW_SUBSCRIBER);
    client.close(reason, why.reason().isPresent() ? why.detail() : "a send made no progress");
    client.interruptSend();
  }

  /** What its client has yet to acknowledge. */
  public SlotReport.Unacknowledged unacknowledged() {
    return client.unacknowledged();
  }

  /** How long PostgreSQL has given no sign of life; empty while nothing is read. */
  public Optional<Duration> silence() {
    return upstream.silence();
  }

  public long acksIgnored() {
    return client.acksIgnored();
  }

  @Override
  public String toString() {
    return "reader " + slot.name() + (address.isEmpty() ? "" : " of " + address);
  }
}
