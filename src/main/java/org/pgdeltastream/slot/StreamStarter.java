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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.ChangeOptions;
import org.pgdeltastream.change.Detail;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MalformedMessageException;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.delivery.AckTracker;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.delivery.SubscriberGoneException;
import org.pgdeltastream.delivery.Subscription;
import org.pgdeltastream.replication.PostgresCatalog.CatalogException;
import org.pgdeltastream.replication.ReplicationReader;
import org.pgdeltastream.replication.SlotRow;
import org.pgdeltastream.slot.SlotStream.Ending;

/**
 * Starts streams: looks at the slot in PostgreSQL first, never makes one, and says for every
 * failure why the client is closed. Runs in the reader task.
 */
final class StreamStarter {
  private static final System.Logger LOG = System.getLogger(StreamStarter.class.getName());
  private static final Duration FORMER_READER = Duration.ofSeconds(5);
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final Database database;
  private final Settings settings;
  private final Slots slots;
  private final OwnPublications ownPublications;

  StreamStarter(
      Database database, Settings settings, Slots slots, OwnPublications ownPublications) {
    this.database = database;
    this.settings = settings;
    this.slots = slots;
    this.ownPublications = ownPublications;
  }

  /** A stream cannot be served; the reason is the client's close code. */
  private static final class Refusal extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient Ending ending;

    Refusal(CloseReason reason, String message) {
      super(message);
      this.ending = StreamStarter.ending(reason, message);
    }

    Ending ending() {
      return ending;
    }
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
    boolean byItself = why.reason().isEmpty();
    SlotStatus.LastClose close =
        byItself ? null : new SlotStatus.LastClose(why.reason().get(), why.detail(), Instant.now());
    slot.leave(stream, close, stream.acksIgnored());
    LOG.log(INFO, stream + " ended: " + why.detail());
    return why;
  }

  /** Whether PostgreSQL has not written this position yet; false if it cannot be asked. */
  boolean isBeyondWal(Lsn lsn) {
    try {
      return lsn.isAfter(database.slots().serverWalEnd());
    } catch (SQLException e) {
      return false;
    }
  }

  /** One slot, one client; a client that left just now is waited for. */
  private static void occupy(Slot slot, SlotStream stream) throws Refusal {
    while (!slot.occupy(stream)) {
      Optional<SlotStream> other = slot.stream();
      boolean leaving = other.isEmpty() || other.get().ending().isPresent();
      if (!leaving || (other.isPresent() && !other.get().awaitEnd(FORMER_READER))) {
        throw new Refusal(
            CloseReason.SLOT_BUSY, "slot " + slot.name() + " is streamed by another client");
      }
    }
  }

  private Ending serve(Slot slot, SlotStream stream) throws Refusal {
    try {
      start(slot, stream);
      return stream.ending().orElseGet(() -> new Ending(Optional.empty(), "it was stopped"));
    } catch (SubscriberGoneException e) {
      return stream.ending().orElseGet(() -> new Ending(Optional.empty(), "the client has gone"));
    } catch (MalformedMessageException e) {
      LOG.log(ERROR, stream + " met bytes that it cannot decode", e);
      return ending(CloseReason.CANNOT_DECODE, "PostgreSQL's output cannot be decoded");
    } catch (SQLException | IOException | CatalogException e) {
      return stream.ending().orElseGet(() -> upstreamLost(stream.slotName(), e));
    } catch (RuntimeException e) {
      String id = UUID.randomUUID().toString();
      LOG.log(ERROR, stream + " failed, error id " + id, e);
      return ending(CloseReason.INTERNAL, "internal error, id " + id);
    }
  }

  private void start(Slot slot, SlotStream stream) throws SQLException, IOException, Refusal {
    SlotRow row = look(stream.slotName());
    OutputPlugin plugin =
        OutputPlugin.of(row.plugin())
            .orElseThrow(
                () ->
                    new Refusal(
                        CloseReason.WRONG_SLOT_KIND,
                        "slot " + row.name() + " uses the plugin " + row.plugin()));
    List<String> publications = publications(slot, plugin, stream.options().publications());
    AckTracker acks = new AckTracker(row.confirmedFlush().orElse(Lsn.NONE));
    Subscription place =
        new Subscription(stream.subscriber(), acks, settings.sendTimeout(), System::nanoTime);
    Catalog catalog = slot.ownPublications() ? ownPublications.watching() : database.catalog();
    SlotPipeline.Source source =
        new SlotPipeline.Source(plugin, publications, database.slots().serverVersion());
    ChangeOptions changes = stream.options().changes();
    refuseWhatPluginLacks(plugin, changes);
    SlotPipeline pipeline = SlotPipeline.of(source, changes, catalog, place);
    ReplicationReader reader = startReader(stream, acks, pipeline);
    LOG.log(INFO, stream + " starts with " + plugin.sqlName());
    stream.read(acks, place, pipeline, reader);
  }

  /** PostgreSQL frees a slot a moment after its reader has gone: so long it is tried again. */
  private ReplicationReader startReader(SlotStream stream, AckTracker acks, SlotPipeline pipeline)
      throws SQLException, Refusal {
    long deadline = System.nanoTime() + FORMER_READER.toNanos();
    while (true) {
      try {
        return database.slots().stream(
            stream.slotName(), pipeline.pluginOptions(), acks::acknowledged, stream);
      } catch (SQLException e) {
        if (Problems.has(e, "22023") && doesWithout(pipeline, e)) {
          continue;
        }
        if (!Problems.has(e, "55006")) {
          throw e;
        }
        if (System.nanoTime() > deadline || stream.ending().isPresent()) {
          throw new Refusal(
              CloseReason.SLOT_BUSY,
              "slot " + stream.slotName() + " is streamed by another program");
        }
        LockSupport.parkNanos(RETRY_NANOS);
      }
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

  private SlotRow look(SlotName name) throws SQLException, Refusal {
    if (!settings.matches(name.value())) {
      throw new Refusal(
          CloseReason.WRONG_SLOT_KIND, "slot names must match " + settings.slotPattern());
    }
    SlotRow row =
        database
            .slots()
            .find(name)
            .orElseThrow(() -> new Refusal(CloseReason.SLOT_NOT_FOUND, "no slot " + name));
    if (!row.logical() || !row.ofThisDatabase()) {
      throw new Refusal(
          CloseReason.WRONG_SLOT_KIND,
          "slot " + name + (row.logical() ? " is of another database" : " is physical"));
    }
    if (row.invalidated()) {
      throw new Refusal(
          CloseReason.SLOT_INVALIDATED,
          "slot %s lost its WAL (%s); drop it, init again, read the snapshot"
              .formatted(name, row.invalidationReason().orElse("wal_removed")));
    }
    return row;
  }

  private List<String> publications(Slot slot, OutputPlugin plugin, List<String> named)
      throws SQLException, Refusal {
    if (plugin == OutputPlugin.WAL2JSON) {
      if (named.isEmpty()) {
        return List.of();
      }
      throw new Refusal(CloseReason.CANNOT_DECODE, "wal2json takes no publication=");
    }
    List<String> chosen = named.isEmpty() ? knownPublications(slot) : named;
    List<String> missing = database.publications().missing(chosen);
    if (!missing.isEmpty()) {
      throw new Refusal(CloseReason.CANNOT_DECODE, "no publication " + String.join(", ", missing));
    }
    return chosen;
  }

  /** What the slot was made with, as far as that is known; else the setting. */
  private List<String> knownPublications(Slot slot) throws SQLException, Refusal {
    if (!slot.publications().isEmpty()) {
      return slot.publications();
    }
    if (ownPublications.isUser(slot)) {
      return slot.publications();
    }
    if (!settings.publications().isEmpty()) {
      return settings.publications();
    }
    throw new Refusal(
        CloseReason.CANNOT_DECODE,
        "it is not known which publications " + slot.name() + " uses: pass publication=");
  }

  /** The connection to PostgreSQL was lost or refused: a look at the slot tells why. */
  private Ending upstreamLost(SlotName name, Exception cause) {
    String state = sqlState(cause);
    LOG.log(INFO, "reader " + name + " lost PostgreSQL (" + state + "): " + cause.getMessage());
    if (state.equals("42501") || state.equals("58P01")) {
      return ending(
          CloseReason.CANNOT_DECODE,
          "PostgreSQL does not allow the slot's plugin; see output_plugin_libraries");
    }
    try {
      look(name);
      return ending(CloseReason.UPSTREAM_LOST, "the connection to PostgreSQL was lost");
    } catch (Refusal e) {
      return e.ending();
    } catch (SQLException e) {
      return String.valueOf(e.getSQLState()).startsWith("57P")
          ? ending(CloseReason.UPSTREAM_RESTARTING, "PostgreSQL restarts")
          : ending(CloseReason.UPSTREAM_LOST, "PostgreSQL cannot be reached");
    }
  }

  private static String sqlState(Exception cause) {
    for (Throwable e = cause; e != null; e = e.getCause()) {
      if (e instanceof SQLException sql && sql.getSQLState() != null) {
        return sql.getSQLState();
      }
    }
    return "";
  }

  private static Ending ending(CloseReason reason, String detail) {
    return new Ending(Optional.of(reason), detail);
  }
}
