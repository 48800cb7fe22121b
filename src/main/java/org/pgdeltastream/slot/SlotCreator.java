package org.pgdeltastream.slot;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.decoder.ServerEncoding;
import org.pgdeltastream.replication.CreatedSlot;
import org.pgdeltastream.replication.OpenTransactions;
import org.pgdeltastream.replication.publication.PublicationClaim;
import org.pgdeltastream.replication.publication.Publications;
import org.pgdeltastream.slot.database.Database;
import org.pgdeltastream.slot.database.Meaning;
import org.pgdeltastream.slot.database.Problems;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.slot.lease.SnapshotLease;
import org.pgdeltastream.slot.stream.Slot;
import org.pgdeltastream.slot.stream.Slots;
import org.pgdeltastream.slot.upstream.KnownSlot;
import org.pgdeltastream.slot.upstream.OwnPublications;
import org.pgdeltastream.slot.upstream.PublicationGuard;
import org.pgdeltastream.snapshot.table.KnownTables;

/** Makes slots: chooses the plugin and the name, holds the snapshot, says what is left out. */
final class SlotCreator {
  private static final System.Logger LOG = System.getLogger(SlotCreator.class.getName());

  private final Database database;
  private final Settings settings;
  private final Slots slots;
  private final OwnPublications ownPublications;
  private final InitLimits limits;

  SlotCreator(Database database, Settings settings, Slots slots, OwnPublications ownPublications) {
    this.database = database;
    this.settings = settings;
    this.slots = slots;
    this.ownPublications = ownPublications;
    this.limits = new InitLimits(database, settings, slots);
  }

  NewSlot create(InitRequest request) {
    check(request);
    try {
      NewSlot made = limits.enter(request.slotName(), () -> createByPlugin(request));
      LOG.log(INFO, "Made slot " + made.name() + " with " + made.plugin().sqlName());
      return made;
    } catch (SQLException e) {
      throw Problems.has(e, "55P03") ? blocked(e) : Problems.of(e);
    }
  }

  /** Blocked by transactions that have written; names them as far as it can see them. */
  private ProblemException blocked(SQLException e) {
    String hint = Meaning.BLOCKED.hint();
    try {
      List<String> open = OpenTransactions.oldest(database.connector());
      hint += open.isEmpty() ? "" : ". Now open: " + String.join("; ", open);
    } catch (SQLException unseen) {
      e.addSuppressed(unseen);
    }
    return new ProblemException(Meaning.BLOCKED.problem(), Meaning.BLOCKED.message(), hint, e);
  }

  private void check(InitRequest request) {
    request
        .slotName()
        .filter(name -> !settings.matches(name.value()))
        .ifPresent(
            name -> {
              throw new ProblemException(
                  Problem.BAD_REQUEST,
                  "Slot name " + name + " does not match " + settings.slotPattern(),
                  "Choose another, or set pgdelta.slot-pattern");
            });
    boolean wal2json = request.plugin().filter(OutputPlugin.WAL2JSON::equals).isPresent();
    if (wal2json && !request.publications().isEmpty()) {
      throw new ProblemException(
          Problem.BAD_REQUEST,
          "wal2json takes no publication",
          "Leave out publication=, or ask for plugin=pgoutput");
    }
  }

  /**
   * auto: pgoutput for a publication that is named or configured; else wal2json where it is
   * allowed, because it sees every table; else pgoutput with publications of our own.
   */
  private NewSlot createByPlugin(InitRequest request) throws SQLException {
    List<String> named =
        request.publications().isEmpty() ? settings.publications() : request.publications();
    if (request.plugin().isPresent()) {
      return switch (request.plugin().get()) {
        case WAL2JSON -> withWal2Json(request);
        case PGOUTPUT -> withPgOutput(request, named);
      };
    }
    if (!named.isEmpty()) {
      return withPgOutput(request, named);
    }
    try {
      return withWal2Json(request);
    } catch (ProblemException e) {
      if (e.problem() != Problem.PLUGIN_NOT_ALLOWED) {
        throw e;
      }
      return withPgOutput(request, named);
    }
  }

  private NewSlot withWal2Json(InitRequest request) throws SQLException {
    checkEncoding();
    List<String> warnings = new ArrayList<>(database.publications().serverWarnings());
    warnings.addAll(database.publications().warnings());
    try {
      return create(request, OutputPlugin.WAL2JSON, List.of(), warnings);
    } catch (SQLException e) {
      if (!Problems.refusesPlugin(e, OutputPlugin.WAL2JSON.sqlName())) {
        throw e;
      }
      throw new ProblemException(
          Problem.PLUGIN_NOT_ALLOWED,
          "PostgreSQL does not have or does not allow the output plugin wal2json",
          "Install it (Debian: postgresql-<version>-wal2json) and, where the setting exists, add it:"
              + " output_plugin_libraries = 'pgoutput, test_decoding, wal2json';"
              + " or use plugin=pgoutput",
          e);
    }
  }

  private void checkEncoding() throws SQLException {
    String encoding = database.slots().server().encoding();
    if (ServerEncoding.of(encoding).isEmpty()) {
      throw new ProblemException(
          Problem.PLUGIN_NOT_ALLOWED,
          "wal2json writes the database's encoding, " + encoding + ", which cannot be read here",
          "Use plugin=pgoutput");
    }
  }

  private NewSlot withPgOutput(InitRequest request, List<String> named) throws SQLException {
    List<String> warnings = new ArrayList<>(database.publications().serverWarnings());
    if (named.isEmpty()) {
      warnings.add(Publications.SET_UNLOGGED);
      return create(request, OutputPlugin.PGOUTPUT, Publications.OWN, warnings);
    }
    refuseMissing(database.publications().present(), named);
    return create(request, OutputPlugin.PGOUTPUT, named, warnings);
  }

  private static void refuseMissing(Publications.Present present, List<String> named) {
    List<String> missing = present.missing(named);
    if (!missing.isEmpty()) {
      throw new ProblemException(
          Problem.PUBLICATION_NOT_FOUND,
          "There is no publication " + Shown.of(String.join(", ", missing)),
          "CREATE PUBLICATION … FOR TABLE …; or leave publication= out");
    }
  }

  private NewSlot create(
      InitRequest request, OutputPlugin plugin, List<String> publications, List<String> warnings)
      throws SQLException {
    boolean usesOurs = !Collections.disjoint(publications, Publications.OWN);
    for (int attempt = 0; ; attempt++) {
      SlotName name =
          request.slotName().orElse(SlotNames.candidate(ThreadLocalRandom.current(), attempt));
      try {
        Making making = new Making(request, name, plugin, publications, warnings);
        return usesOurs ? making.withOurs() : making.make(List.of());
      } catch (SQLException e) {
        if (!Problems.has(e, "42710") || request.slotName().isPresent()) {
          throw e; // else a generated name was taken: the next one
        }
      }
    }
  }

  /** A slot can be made without them: its snapshot may be read later, or never. */
  private List<String> snapshotWarnings(List<String> publications) {
    try {
      return database.snapshots().warnings(publications);
    } catch (SQLException | ProblemException e) {
      LOG.log(WARNING, "What the snapshot leaves out cannot be read: " + e.getMessage());
      return List.of("What the snapshot leaves out could not be read");
    }
  }

  /** One try to make a slot, by one name. */
  private final class Making {
    private final InitRequest request;
    private final SlotName name;
    private final OutputPlugin plugin;
    private final List<String> publications;
    private final List<String> warnings;

    Making(
        InitRequest request,
        SlotName name,
        OutputPlugin plugin,
        List<String> publications,
        List<String> warnings) {
      this.request = request;
      this.name = name;
      this.plugin = plugin;
      this.publications = publications;
      this.warnings = warnings;
    }

    /** Records the slot's name before it is made, and removes it if it is not made. */
    NewSlot withOurs() throws SQLException {
      try (PublicationClaim claim = ownPublications.claim(name)) {
        boolean made = false;
        try {
          NewSlot slot = make(claim.refreshed().leftOut());
          made = true;
          return slot;
        } finally {
          if (!made) {
            ownPublications.undo(claim);
          }
        }
      }
    }

    NewSlot make(List<String> leftOut) throws SQLException {
      CreatedSlot created = database.slots().create(name, plugin);
      boolean kept = false;
      try {
        NewSlot slot = keep(created, leftOut);
        kept = true;
        return slot;
      } finally {
        if (!kept) {
          created.snapshot().close();
          database.slots().dropOrWarn(name);
        }
      }
    }

    private NewSlot keep(CreatedSlot created, List<String> leftOut) throws SQLException {
      PublicationGuard guard = publications.isEmpty() ? PublicationGuard.NONE : guard();
      SnapshotLease lease =
          new SnapshotLease(
              created.snapshot(),
              new KnownTables(publications),
              settings.snapshotLease(),
              settings.snapshotMaximum(),
              Instant.now());
      slots.find(name).ifPresent(Slot::closeSnapshot); // of a slot that was dropped elsewhere
      Slot slot = slots.made(name);
      slot.lease(lease);
      KnownSlot known = slot.known();
      known.publications(publications, publications.equals(Publications.OWN));
      known.guard(guard);
      warnings.forEach(known::warn);
      snapshotWarnings(publications).forEach(known::warn);
      known.leftOut(leftOut);
      return new NewSlot(
          name,
          plugin,
          publications,
          !request.publications().isEmpty(),
          created.consistentPoint(),
          lease.expires(),
          known.warnings());
    }

    /** Drops a slot whose publications were dropped while it was made. */
    private PublicationGuard guard() throws SQLException {
      Publications.Present present = database.publications().present();
      boolean usesOurs = !Collections.disjoint(publications, Publications.OWN);
      if (usesOurs && !present.users().contains(name.value())) {
        throw new ProblemException(
            Problem.UPSTREAM_BUSY,
            "Our publications were dropped by others while the slot was made",
            "Try again");
      }
      refuseMissing(present, publications);
      return PublicationGuard.of(publications, present.oids());
    }
  }
}
