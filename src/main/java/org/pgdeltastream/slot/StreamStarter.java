package org.pgdeltastream.slot;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.INFO;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.ChangeOptions;
import org.pgdeltastream.change.Detail;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MalformedMessageException;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.delivery.AckTracker;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.delivery.PositionException;
import org.pgdeltastream.delivery.ResumeFilter;
import org.pgdeltastream.delivery.SubscriberGoneException;
import org.pgdeltastream.delivery.Subscription;
import org.pgdeltastream.replication.CatchUp;
import org.pgdeltastream.replication.CatchUpEndException;
import org.pgdeltastream.replication.PostgresCatalog.CatalogException;
import org.pgdeltastream.replication.ReplicationReader;
import org.pgdeltastream.replication.SlotHolder;
import org.pgdeltastream.replication.SlotRow;

/**
 * Serves streams: takes the slot, connects, connects again when PostgreSQL was lost, and says for
 * every failure why the client is closed. Runs in the reader task.
 */
final class StreamStarter {
  private static final System.Logger LOG = System.getLogger(StreamStarter.class.getName());
  private static final String TOO_LARGE = "54000";
  private static final Duration FORMER_READER = Duration.ofSeconds(5);
  private static final Duration RETRY = Duration.ofMillis(20);
  private static final Optional<CatchUp> NO_CATCH_UP = Optional.empty();

  private final Database database;
  private final Settings settings;
  private final Slots slots;
  private final OwnPublications ownPublications;
  private final SlotLook look;
  private final Executor readers;
  private final AheadThreads ahead;

  StreamStarter(
      Database database,
      Settings settings,
      Slots slots,
      OwnPublications ownPublications,
      Executor readers) {
    this.readers = readers;
    this.ahead = new AheadThreads(readers);
    this.database = database;
    this.settings = settings;
    this.slots = slots;
    this.ownPublications = ownPublications;
    this.look = new SlotLook(database, settings, ownPublications);
  }

  /** Gives the stream a reader's thread, which must not wait: the client would wait in silence. */
  void start(SlotStream stream) {
    try {
      readers.execute(stream);
    } catch (RejectedExecutionException e) {
      throw tooManyStreams(e);
    }
  }

  ProblemException tooManyStreams(RejectedExecutionException cause) {
    return new ProblemException(
        Problem.STREAMS_EXHAUSTED,
        "This server streams to " + settings.streams() + " clients already",
        "Raise pgdelta.streams and the threads of concurrent/readers",
        cause);
  }

  /** Streams until something ends it, and says what. */
  Ending run(SlotStream stream) {
    Slot slot = slots.of(stream.slotName());
    Ending why;
    try {
      occupy(slot, stream);
      why = serve(slot, stream);
    } catch (Refusal e) {
      why = e.ending();
    }
    String detail = why.detail();
    Optional<SlotStatus.LastClose> close =
        why.reason().map(reason -> new SlotStatus.LastClose(reason, detail, Instant.now()));
    slot.leave(stream, close.orElse(null), stream.acksIgnored());
    LOG.log(INFO, stream + " ended: " + why.detail());
    return why;
  }

  /** Whether PostgreSQL has not written this position yet; false if it cannot be asked. */
  boolean isBeyondWal(Lsn lsn) {
    try {
      return database.slots().isBeyondWal(lsn);
    } catch (SQLException e) {
      return false;
    }
  }

  /** One slot, one client; a client that leaves, or is told to, is waited for. */
  private static void occupy(Slot slot, SlotStream stream) throws Refusal {
    while (!slot.occupy(stream)) {
      Optional<SlotStream> other = slot.stream();
      if (stream.options().takeover()) {
        other.ifPresent(
            taken -> taken.end(CloseReason.SUPERSEDED, "another client took the slot over"));
      }
      boolean leaving = other.isEmpty() || other.get().ending().isPresent();
      if (!leaving || (other.isPresent() && !other.get().awaitEnd(FORMER_READER))) {
        throw new Refusal(
            CloseReason.SLOT_BUSY, "slot " + slot.name() + " is streamed by another client");
      }
    }
  }

  /** Connects, and connects again, until the stream ends or PostgreSQL was away for too long. */
  private Ending serve(Slot slot, SlotStream stream) {
    Backoff backoff = new Backoff(settings.hold());
    while (true) {
      backoff.connecting();
      try {
        connectAndRead(slot, stream);
        return stream
            .ending()
            .orElseThrow(() -> new IllegalStateException("the reader ended by itself"));
      } catch (Refusal e) {
        return e.ending();
      } catch (SubscriberGoneException e) {
        stream.subscriber().close(CloseReason.INTERNAL, "a send failed"); // where it only failed
        return stream.ending().orElseGet(() -> Ending.byItself("the client has gone"));
      } catch (PositionException e) {
        return Ending.of(CloseReason.POSITION_LOST, String.valueOf(e.getMessage()));
      } catch (MalformedMessageException e) {
        LOG.log(ERROR, stream + " met bytes that it cannot decode", e);
        return Ending.of(CloseReason.CANNOT_DECODE, "PostgreSQL's output cannot be decoded");
      } catch (CatchUpEndException e) {
        LOG.log(INFO, stream + " goes on with its walsender: " + e.getMessage());
        Optional<Ending> told = stream.ending();
        if (told.isPresent()) {
          return told.get();
        }
      } catch (SQLException | IOException | CatalogException e) {
        if (e instanceof SQLException refused && Problems.has(refused, TOO_LARGE)) {
          slot.needsChunks(); // the next try does not strike wal2json's limit of 1 GB
        }
        Upstream.Loss loss = Upstream.loss(stream, e);
        if (loss.isFinal() || stream.hasHalfSent() || !stream.pause(backoff.next())) {
          return stream.ending().orElse(loss.ending());
        }
        if (backoff.isExhausted()) {
          return loss.ending();
        }
      } catch (RuntimeException e) {
        String id = UUID.randomUUID().toString();
        LOG.log(ERROR, stream + " failed, error id " + id, e);
        return Ending.of(CloseReason.INTERNAL, "internal error, id " + id);
      }
    }
  }

  private void connectAndRead(Slot slot, SlotStream stream)
      throws SQLException, IOException, Refusal {
    SlotRow row = look.at(stream.slotName());
    OutputPlugin plugin = look.plugin(row);
    List<String> publications = look.publications(slot, plugin, stream.options().publications());
    look.guard(slot, stream, publications);
    Lsn confirmed = row.confirmedFlush().orElse(Lsn.NONE);
    boolean first = !stream.isPlaced();
    if (first) {
      place(slot, stream, row, confirmed);
    } else if (confirmed.isAfter(stream.acks().lastSent())) {
      throw new Refusal(
          CloseReason.POSITION_LOST, "slot " + row.name() + " was moved on by others");
    } else if (isBeyondWal(stream.acks().lastSent())) {
      throw new Refusal(
          CloseReason.DIVERGED,
          "PostgreSQL has less WAL than was sent: another server, or a restored one");
    }
    Catalog catalog = slot.ownPublications() ? ownPublications.watching() : database.catalog();
    ResumeFilter filter =
        new ResumeFilter(
            stream.subscription(), stream.acks(), stream.options().from().orElse(Lsn.NONE));
    SlotPipeline.Source source =
        new SlotPipeline.Source(plugin, publications, database.slots().serverVersion());
    ChangeOptions changes = stream.options().changes();
    refuseWhatPluginLacks(plugin, changes);
    SlotPipeline pipeline = SlotPipeline.of(source, changes, catalog, filter);
    if (settings.wal2jsonWhole() && !slot.doesNeedChunks()) {
      pipeline.askForWholeTransactions();
    }
    if (first && stream.options().hello()) {
      stream.sayHello(database.slots().identity(), plugin, confirmed);
    }
    ReplicationReader reader =
        first ? startFarBehind(stream, pipeline, row) : startReader(stream, pipeline, NO_CATCH_UP);
    LOG.log(INFO, stream + " starts with " + plugin.sqlName());
    stream.read(pipeline, reader);
  }

  private void place(Slot slot, SlotStream stream, SlotRow row, Lsn confirmed)
      throws SQLException, Refusal {
    Optional<Lsn> from = stream.options().from();
    if (from.isPresent()) {
      slot.clientKeepsPosition();
      look.checkFrom(slot, row, from.get(), stream.options().gapAccepted());
    }
    AckTracker acks = new AckTracker(confirmed);
    long mostHeld = slot.doesClientKeepPosition() ? 0 : settings.idleWalBytes();
    stream.place(
        acks,
        new Subscription(stream.subscriber(), acks, settings.sendTimeout(), System::nanoTime),
        new IdlePosition(acks, mostHeld, slot::jumped, System.nanoTime()));
  }

  /**
   * Where the slot has missed much, queries read it first; once, so that they cannot fail again.
   */
  private ReplicationReader startFarBehind(SlotStream stream, SlotPipeline pipeline, SlotRow row)
      throws SQLException, Refusal {
    Optional<CatchUp> catchUp =
        database.slots().catchUp(row, settings.catchUpBytes(), pipeline.pluginOptions(), ahead);
    try {
      return startReader(stream, pipeline, catchUp);
    } catch (SQLException | Refusal | RuntimeException e) {
      catchUp.ifPresent(CatchUp::close);
      throw e;
    }
  }

  /** PostgreSQL frees a slot a moment after its reader has gone: so long it is tried again. */
  private ReplicationReader startReader(
      SlotStream stream, SlotPipeline pipeline, Optional<CatchUp> catchUp)
      throws SQLException, Refusal {
    AckTracker acks = stream.acks();
    // After a crash the slot may stand far behind what this client was sent.
    Lsn start = stream.wasRead() ? acks.lastSent() : Lsn.NONE;
    Patience patience = new Patience(stream);
    while (true) {
      try {
        return database.slots().stream(
            stream.slotName(),
            start,
            catchUp,
            pipeline.pluginOptions(),
            acks::acknowledged,
            stream);
      } catch (SQLException e) {
        if (Problems.has(e, "55006")) {
          patience.await(e);
        } else if (!Problems.has(e, "22023") || !doesWithout(pipeline, e)) {
          throw e;
        }
      }
    }
  }

  /** With the holder of a slot that is busy. */
  private final class Patience {
    private final SlotStream stream;
    private final long deadline = System.nanoTime() + FORMER_READER.toNanos();
    private boolean terminated;

    Patience(SlotStream stream) {
      this.stream = stream;
    }

    void await(SQLException busy) throws SQLException, Refusal {
      Optional<SlotHolder> holder = database.slots().holder(stream.slotName());
      boolean former = holder.filter(one -> stream.wasServedBy(one.walsender())).isPresent();
      boolean foreign = holder.filter(this::isOtherServers).isPresent();
      boolean takes = stream.options().takeover() && !stream.wasRead();
      if (foreign && stream.wasRead()) {
        throw new Refusal(CloseReason.SUPERSEDED, "another server took the slot over");
      }
      if (takes || (former && !terminated)) { // a server may be quick to take it back
        database.slots().terminateOurs(stream.slotName());
        terminated = true;
      }
      if (System.nanoTime() > deadline || !stream.pause(RETRY)) {
        if (former) {
          throw busy; // its process is stopped: it may end yet
        }
        throw new Refusal(
            CloseReason.SLOT_BUSY, "slot " + stream.slotName() + " is streamed by another program");
      }
    }

    private boolean isOtherServers(SlotHolder holder) {
      String name = holder.applicationName();
      return name.startsWith("pgdeltastream/") && !name.equals("pgdeltastream/" + settings.node());
    }
  }

  /** What only a newer wal2json has ends the stream, unless it can be made up for here. */
  private static boolean doesWithout(SlotPipeline pipeline, SQLException e) throws Refusal {
    Optional<String> option = pipeline.optionIn(String.valueOf(e.getMessage()));
    if (option.isPresent() && !pipeline.doWithout(option.get())) {
      throw new Refusal(
          CloseReason.CANNOT_DECODE, "the installed wal2json does not take " + option.get());
    }
    return option.isPresent();
  }

  private static void refuseWhatPluginLacks(OutputPlugin plugin, ChangeOptions changes)
      throws Refusal {
    if (plugin == OutputPlugin.WAL2JSON && changes.has(Detail.UNCHANGED_TOAST)) {
      throw new Refusal(
          CloseReason.CANNOT_DECODE,
          "wal2json does not know " + Detail.UNCHANGED_TOAST.optionName());
    }
  }
}
