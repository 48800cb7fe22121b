package org.pgdeltastream.slot.upstream;

import static java.util.Objects.requireNonNull;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.replication.ReplicationSlots;
import org.pgdeltastream.replication.SlotHolder;
import org.pgdeltastream.replication.wal.CatchUp;
import org.pgdeltastream.replication.wal.ReplicationReader;
import org.pgdeltastream.replication.wal.SlotRow;
import org.pgdeltastream.replication.wal.TemporarySlot;
import org.pgdeltastream.replication.wal.WalListener;
import org.pgdeltastream.slot.database.Problems;

/**
 * Checks a slot, opens the connection that streams it, and takes it from its former reader. For the
 * reader's thread; other threads may read the guard.
 */
final class SlotConnector {
  private static final Duration FORMER_READER = Duration.ofSeconds(5);
  private static final Duration FIRST_RETRY = Duration.ofMillis(20);
  private static final Duration LONGEST_RETRY = Duration.ofMillis(200);

  private final KnownSlot slot;
  private final Downstream client;
  private final StreamLife life;
  private final StreamServices services;
  private final SlotCheck check;
  private @Nullable OutputPlugin plugin;
  private boolean mayBeBehind = true; // queries are tried once, so that they cannot fail again
  private volatile @Nullable PublicationGuard guard;

  SlotConnector(KnownSlot slot, Downstream client, StreamLife life, StreamServices services) {
    this.slot = slot;
    this.client = client;
    this.life = life;
    this.services = services;
    this.check =
        new SlotCheck(services.database(), services.settings(), services.ownPublications());
  }

  /** A connection that streams; the reader closes it. */
  record Opened(OutputPlugin plugin, SlotPipeline path, ReplicationReader reader) {}

  /** The slot's plugin, once the slot was read. */
  Optional<OutputPlugin> plugin() {
    return Optional.ofNullable(plugin);
  }

  /** The publications that must stay the same: others of these names publish something else. */
  Optional<PublicationGuard> guard() {
    return Optional.ofNullable(guard);
  }

  /**
   * Opens a connection.
   *
   * @param former the reader of this stream's last connection; null at first
   * @throws Refusal if the slot cannot be streamed to this client
   */
  Opened connect(WalListener listener, @Nullable ReplicationReader former)
      throws SQLException, Refusal {
    if (!client.isTemporary()) {
      return connectLasting(listener, former);
    }
    if (former != null) { // another slot would begin later
      throw new Refusal(CloseReason.UPSTREAM_LOST, "a tail met too many tables; connect again");
    }
    return connectTemporary(listener);
  }

  private Opened connectLasting(WalListener listener, @Nullable ReplicationReader former)
      throws SQLException, Refusal {
    SlotRow row = check.at(slot);
    slot.seen();
    OutputPlugin found = check.plugin(row);
    plugin = found;
    List<String> publications = check.publications(slot, found, client.publications());
    guard = check.guard(slot, guard(), publications, client.acceptsGap());
    client.found(row);
    SlotPipeline.Source source = check.source(found, publications);
    SlotPipeline path = client.path(source, services.catalog(slot));
    if (services.settings().wal2jsonWhole() && !slot.doesNeedChunks()) {
      path.askForWholeTransactions();
    }
    boolean first = mayBeBehind;
    mayBeBehind = false;
    ReplicationReader reader =
        first
            ? startFarBehind(listener, path, row)
            : start(listener, path, Optional.empty(), Optional.ofNullable(former));
    return begun(new Opened(found, path, reader));
  }

  /** Of a slot that is made now, and ends with the connection. */
  private Opened connectTemporary(WalListener listener) throws SQLException, Refusal {
    List<String> publications = check.publicationsOfTail(client.publications());
    OutputPlugin chosen = publications.isEmpty() ? OutputPlugin.WAL2JSON : OutputPlugin.PGOUTPUT;
    plugin = chosen;
    SlotPipeline path =
        client.path(check.source(chosen, publications), services.database().catalog());
    return begun(
        new Opened(chosen, path, start(listener, path, Optional.empty(), Optional.empty())));
  }

  private Opened begun(Opened opened) throws Refusal {
    slot.walsender(opened.reader().walsender());
    try {
      client.begin();
    } catch (Refusal | RuntimeException | Error e) {
      opened.reader().abort();
      throw e;
    }
    return opened;
  }

  /** PostgreSQL was lost: another server may answer next. */
  void lost() {
    services.database().connector().control().openAnew();
  }

  /** A transaction was too large for wal2json to write whole: whether it can come in chunks. */
  boolean canGoOnInChunks() {
    return plugin == OutputPlugin.WAL2JSON
        && services.settings().wal2jsonWhole()
        && slot.needsChunks();
  }

  /** Where the slot has missed much, queries read it first. */
  private ReplicationReader startFarBehind(WalListener listener, SlotPipeline path, SlotRow row)
      throws SQLException, Refusal {
    Optional<CatchUp> catchUp =
        services
            .catchUps()
            .begin(
                services.database().connector(),
                row,
                services.settings().catchUpBytes(),
                path.pluginOptions());
    try {
      return start(listener, path, catchUp, Optional.empty());
    } catch (SQLException | Refusal | RuntimeException | Error e) {
      catchUp.ifPresent(CatchUp::close);
      throw e;
    }
  }

  /** PostgreSQL frees a slot a moment after its reader has gone: retries for that time. */
  private ReplicationReader start(
      WalListener listener,
      SlotPipeline path,
      Optional<CatchUp> catchUp,
      Optional<ReplicationReader> former)
      throws SQLException, Refusal {
    // After a crash the slot may be far behind what this client was sent.
    Lsn from = former.isPresent() ? client.newest() : Lsn.NONE;
    BusySlot busy = new BusySlot(former);
    while (true) {
      try {
        return client.isTemporary()
            ? TemporarySlot.stream(
                services.database().connector(),
                slot.name(),
                requireNonNull(plugin),
                path.pluginOptions(),
                client::flushPosition,
                listener)
            : slots().stream(
                slot.name(), from, catchUp, path.pluginOptions(), client::flushPosition, listener);
      } catch (SQLException e) {
        if (Problems.has(e, "55006")) {
          busy.await(e);
        } else if (!Problems.has(e, "22023") || !SlotCheck.doesWithout(path, e)) {
          throw e;
        }
      }
    }
  }

  /** Waits for the holder of a slot that is busy. */
  private final class BusySlot {
    private final Optional<ReplicationReader> former;
    private final long deadline = System.nanoTime() + FORMER_READER.toNanos();
    private Duration retry = FIRST_RETRY;
    private boolean terminated;

    BusySlot(Optional<ReplicationReader> former) {
      this.former = former;
    }

    void await(SQLException busy) throws SQLException, Refusal {
      Optional<SlotHolder> holder = slots().holder(slot.name());
      boolean own = holder.filter(this::servedUs).isPresent();
      boolean foreign = holder.filter(this::isOtherServers).isPresent();
      if (foreign && former.isPresent()) {
        throw new Refusal(CloseReason.SUPERSEDED, "another server took the slot over");
      }
      boolean takes = client.takesOver() && former.isEmpty();
      if (takes || (own && !terminated)) { // a server may be quick to take it back
        slots().terminateOurs(slot.name());
        terminated = true;
      }
      if (System.nanoTime() > deadline || life.awaitEnd(retry)) {
        boolean ours = former.isPresent() && holder.filter(this::isOurs).isPresent();
        if (own || ours) {
          throw busy; // a process of this stream's that is stopped, or cut off: it may end yet
        }
        throw new Refusal(
            CloseReason.SLOT_BUSY, "slot " + slot.name() + " is streamed by another program");
      }
      Duration next = retry.multipliedBy(2);
      retry = next.compareTo(LONGEST_RETRY) > 0 ? LONGEST_RETRY : next;
    }

    private boolean servedUs(SlotHolder holder) {
      return former.filter(one -> one.walsender() == holder.walsender()).isPresent()
          || (client.isOnlyReader()
              && slot.walsender() == holder.walsender()
              && isOurs(holder)); // the number may be another's by now
    }

    private boolean isOtherServers(SlotHolder holder) {
      return holder.applicationName().startsWith("pgdeltastream/") && !isOurs(holder);
    }

    private boolean isOurs(SlotHolder holder) {
      return holder.applicationName().equals("pgdeltastream/" + services.settings().node());
    }
  }

  private ReplicationSlots slots() {
    return services.database().slots();
  }
}
