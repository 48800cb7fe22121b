package org.pgdeltastream.slot.upstream;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.INFO;
import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.HeapUsedUpException;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MalformedMessageException;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.delivery.BusyTime;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.delivery.PositionException;
import org.pgdeltastream.delivery.StreamCounts;
import org.pgdeltastream.delivery.StreamCounts.Count;
import org.pgdeltastream.delivery.SubscriberGoneException;
import org.pgdeltastream.replication.PostgresCatalog.CatalogException;
import org.pgdeltastream.replication.WalsenderState;
import org.pgdeltastream.replication.connection.OpenSockets;
import org.pgdeltastream.replication.wal.CatchUpEndException;
import org.pgdeltastream.replication.wal.ReplicationReader;
import org.pgdeltastream.replication.wal.ServerIdentity;
import org.pgdeltastream.replication.wal.SlotPosition;
import org.pgdeltastream.replication.wal.WalListener;
import org.pgdeltastream.slot.database.Problems;
import org.pgdeltastream.slot.upstream.StreamState.Event;

/**
 * From a slot to a {@link Downstream}, over as many connections to PostgreSQL as it takes. The
 * reader's thread is inside {@link #run}; the reporter checks, reports and cuts.
 */
public final class Upstream implements WalListener {
  private static final System.Logger LOG = System.getLogger(Upstream.class.getName());

  private static final long EPOCH_MICROS =
      Instant.parse("2000-01-01T00:00:00Z").toEpochMilli() * 1_000;

  private final String name;
  private final Downstream client;
  private final StreamCounts counts;
  private final BusyTime busy;
  private final StreamLife life;
  private final OpenSockets sockets;
  private final SlotConnector connector;
  private final Backoff backoff;
  private final SilenceCheck silence = new SilenceCheck();
  private volatile @Nullable ReplicationReader reader;
  private volatile @Nullable SlotPipeline pipeline;
  private volatile Lsn walEnd = Lsn.NONE;
  private volatile UpstreamLoss lastLoss = UpstreamLoss.of(new SQLException());
  private Lsn lostAt = Lsn.NONE; // the reader's, as is what follows

  /**
   * Reads nothing yet.
   *
   * @param sockets those of the services' connections; {@link #stop} cuts them
   * @param counts where what is read is counted
   */
  public Upstream(
      KnownSlot slot,
      Downstream client,
      StreamLife life,
      StreamServices services,
      OpenSockets sockets,
      StreamCounts counts) {
    this.name = "reader " + slot.name();
    this.client = client;
    this.counts = counts;
    this.busy = new BusyTime(counts);
    this.life = life;
    this.sockets = sockets;
    this.connector = new SlotConnector(slot, client, life, services);
    this.backoff = new Backoff(services.settings().hold(), System::nanoTime);
  }

  /**
   * Connects, and connects again, until the stream ends or PostgreSQL was away for too long.
   *
   * @throws SubscriberGoneException if the client is gone
   */
  public Ending run() throws SubscriberGoneException {
    backoff.startAnew(); // the stream may have waited for the slot
    while (true) {
      try {
        connectAndRead();
        if (life.why().isPresent()) {
          return life.why().get();
        }
        LOG.log(INFO, name + " connects anew, since it has met too many relations to remember");
        connector.lost();
        backoff.startAnew();
        life.on(Event.LOST);
      } catch (Refusal e) {
        return e.ending();
      } catch (SubscriberGoneException e) {
        throw e;
      } catch (PositionException e) {
        return Ending.of(CloseReason.POSITION_LOST, String.valueOf(e.getMessage()));
      } catch (MalformedMessageException e) {
        LOG.log(ERROR, name + " met bytes that it cannot decode", e);
        return Ending.of(CloseReason.CANNOT_DECODE, "PostgreSQL's output cannot be decoded");
      } catch (CatchUpEndException e) {
        LOG.log(INFO, name + " goes on with its walsender: " + e.getMessage());
        connector.lost();
        backoff.startAnew();
        life.on(Event.LOST);
      } catch (SQLException | IOException | CatalogException e) {
        Optional<Ending> end = afterLoss(e);
        if (end.isPresent()) {
          return end.get();
        }
      }
      if (life.why().isPresent()) {
        return life.why().get();
      }
      life.on(Event.RETRY);
    }
  }

  private void connectAndRead() throws SQLException, IOException, Refusal {
    walEnd = Lsn.NONE; // another server may answer now, with less WAL
    busy.connects();
    SlotConnector.Opened opened = connector.connect(this, reader);
    counts.add(reader == null ? Count.STARTS : Count.RECONNECTS, 1);
    pipeline = opened.path();
    reader = opened.reader();
    sockets.forget();
    if (life.why().isPresent()) {
      opened.reader().stop();
    }
    LOG.log(INFO, name + " starts with " + opened.plugin().sqlName());
    try {
      client.started(opened.plugin());
      opened.reader().run();
    } finally {
      opened.reader().abort(); // where it was not even run
      opened.path().close();
      client.away(true);
    }
  }

  /** Waits if another attempt can help; else returns why it cannot. */
  private Optional<Ending> afterLoss(Exception cause) {
    if (life.why().isPresent()) {
      return life.why(); // its connections were cut
    }
    UpstreamLoss loss = loss(cause);
    lastLoss = loss;
    if (!loss.isAnswer()) {
      connector.lost();
    }
    Lsn reached = reached();
    boolean decoding = loss.isAnswer() && life.state().isReading();
    boolean sameAgain = decoding && reached.equals(lostAt);
    lostAt = decoding ? reached : Lsn.NONE;
    if (cause instanceof HeapUsedUpException) {
      backoff.starved(); // it has waited already
    }
    backoff.lost(reached); // before the state: the reporter reads both
    life.on(Event.LOST);
    LOG.log(INFO, name + " lost PostgreSQL (" + loss.state() + "): " + loss.logText(cause));
    boolean inChunks = loss.isTooLarge() && connector.canGoOnInChunks();
    if (client.hasHalf() || (loss.isFinal() && !inChunks)) {
      return Optional.of(loss.ending());
    }
    if (inChunks) {
      return Optional.empty(); // at once
    }
    if (sameAgain) {
      return Optional.of(loss.again());
    }
    if (life.awaitEnd(backoff.next())) {
      return life.why().or(() -> Optional.of(loss.ending())); // the thread was interrupted
    }
    return backoff.isExhausted() ? Optional.of(loss.ending()) : Optional.empty();
  }

  private UpstreamLoss loss(Exception cause) {
    UpstreamLoss loss = UpstreamLoss.of(cause);
    boolean refused =
        cause instanceof SQLException e
            && connector
                .plugin()
                .map(OutputPlugin::sqlName)
                .filter(plugin -> Problems.refusesPlugin(e, plugin))
                .isPresent();
    return refused ? UpstreamLoss.ofPlugin(loss.state()) : loss;
  }

  /** How far the WAL was read, over all connections. */
  private Lsn reached() {
    Lsn newest = client.newest();
    return newest.isAfter(walEnd) ? newest : walEnd;
  }

  @Override
  public boolean asksForServer() {
    return client.asksForServer();
  }

  @Override
  public void onServer(ServerIdentity server) {
    client.found(server);
  }

  @Override
  public void onSlot(SlotPosition position) {
    client.found(position);
  }

  @Override
  public void onStart(boolean behind) {
    backoff.connected();
    life.on(behind ? Event.BEHIND : Event.CAUGHT_UP);
    busy.begins(behind, System.nanoTime());
  }

  @Override
  public long committedAt(byte[] message, int start, int end) {
    long micros = path().committedAt(message, start, end);
    if (micros != NO_COMMIT_TIME) {
      counts.begins(micros);
    }
    return micros;
  }

  @Override
  public void onWalData(byte[] message, int start, int end, long position) throws IOException {
    goOn();
    counts.add(Count.RECEIVED_BYTES, end - start);
    path().decode(message, start, end, position);
  }

  @Override
  public void onServerWalEnd(Lsn serverWalEnd) {
    walEnd = serverWalEnd;
  }

  @Override
  public boolean wantsMore() {
    goOn();
    boolean wants = client.wantsMore(path());
    busy.isHeld(!wants);
    return wants;
  }

  private void goOn() {
    if (busy.isPaused()) {
      busy.goesOn(System.nanoTime());
    }
  }

  @Override
  public void onPause() throws IOException {
    goOn();
    counts.clock(System.nanoTime(), System.currentTimeMillis() * 1_000 - EPOCH_MICROS);
    ReplicationReader running = requireNonNull(reader, "not opened");
    client.onPause(path(), walEnd, running.reported());
    if (path().isFull() && path().betweenTransactions()) {
      running.stop(); // PostgreSQL describes relations again to another connection
    }
    busy.pauses(System.nanoTime());
  }

  @Override
  public void away(boolean waits) {
    client.away(waits);
  }

  private SlotPipeline path() {
    return requireNonNull(pipeline, "not opened");
  }

  /** Makes {@link #run} end soon, whatever it does; the caller has set the stream's ending. */
  public void stop() {
    ReplicationReader running = reader;
    SlotPipeline path = pipeline;
    if (path != null) {
      path.stopWaiting();
    }
    try {
      if (running != null) {
        running.stop();
      }
    } finally {
      sockets.close();
    }
  }

  /** PostgreSQL has written up to here, and found nothing more. */
  public Lsn walEnd() {
    return walEnd;
  }

  /** How long PostgreSQL has given no sign of life; empty while nothing is read. */
  public Optional<Duration> silence() {
    ReplicationReader running = reader;
    return running == null || !life.state().isReading()
        ? Optional.empty()
        : Optional.of(running.silence());
  }

  /** For the reporter: a sign of life to PostgreSQL while the reader is inside a send. */
  public void reportWhileSending() {
    ReplicationReader running = reader;
    if (running != null) {
      running.reportWhileSending();
    }
  }

  /** For the reporter: PostgreSQL shuts down and must not wait for us. */
  public void cut() {
    ReplicationReader running = reader;
    if (running != null) {
      running.abort();
    }
  }

  /** For the reporter, every second: cuts a connection on which nothing will come any more. */
  public void checkSilence(IntFunction<WalsenderState> stateOf) {
    ReplicationReader running = reader;
    if (life.state().isReading() && running != null) {
      if (silence.isDead(running.silence(), () -> stateOf.apply(running.process()))) {
        running.abort();
      }
    }
  }

  /** For the reporter: why the client is held no longer, although an attempt is still running. */
  public Optional<Ending> heldTooLong() {
    return life.state().isAway() && backoff.isOverdue()
        ? Optional.of(lastLoss.ending())
        : Optional.empty();
  }

  public Optional<PublicationGuard> guard() {
    return connector.guard();
  }

  @Override
  public String toString() {
    return name;
  }
}
