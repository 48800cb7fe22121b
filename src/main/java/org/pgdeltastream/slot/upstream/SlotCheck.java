package org.pgdeltastream.slot.upstream;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.decoder.ServerEncoding;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.replication.ReplicationSlots;
import org.pgdeltastream.replication.publication.Publications;
import org.pgdeltastream.replication.wal.SlotRow;
import org.pgdeltastream.slot.database.Database;
import org.pgdeltastream.slot.database.Settings;

/**
 * Checks a slot in PostgreSQL before it is streamed: whether it exists, is ours to serve, is still
 * whole, and is where the client says. Never makes a slot.
 */
public final class SlotCheck {
  private final Database database;
  private final Settings settings;
  private final OwnPublications ownPublications;

  public SlotCheck(Database database, Settings settings, OwnPublications ownPublications) {
    this.database = database;
    this.settings = settings;
    this.ownPublications = ownPublications;
  }

  /** The slot as it is now; refused if it cannot be streamed. */
  SlotRow at(KnownSlot slot) throws SQLException, Refusal {
    SlotName name = slot.name();
    if (!settings.matches(name.value())) {
      throw new Refusal(
          CloseReason.WRONG_SLOT_KIND, "slot names must match " + settings.slotPattern());
    }
    SlotRow row =
        database
            .slots()
            .find(name)
            .orElseThrow(() -> new Refusal(CloseReason.SLOT_NOT_FOUND, slot.gone()));
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

  /** For such a slot, pgoutput sends prepared transactions in messages of their own. */
  OutputPlugin plugin(SlotRow row) throws Refusal {
    OutputPlugin plugin = pluginOf(row);
    if (row.twoPhase() && plugin == OutputPlugin.PGOUTPUT) {
      throw new Refusal(
          CloseReason.WRONG_SLOT_KIND,
          "slot %s has two_phase, which is not read from pgoutput; make one without, or init"
              .formatted(row.name()));
    }
    return plugin;
  }

  /** Feeds decode one plugin. */
  public static void checkForFeed(OutputPlugin plugin) throws Refusal {
    if (plugin != OutputPlugin.PGOUTPUT) {
      throw new Refusal(
          CloseReason.WRONG_SLOT_KIND, "a feed reads pgoutput, not " + plugin.sqlName());
    }
  }

  private static OutputPlugin pluginOf(SlotRow row) throws Refusal {
    return OutputPlugin.of(row.plugin())
        .orElseThrow(
            () ->
                new Refusal(
                    CloseReason.WRONG_SLOT_KIND,
                    "slot " + row.name() + " uses the plugin " + row.plugin()));
  }

  /** Whether a slot at this position can serve a client that says where it is, or does not. */
  public static void checkFrom(
      KnownSlot slot, Lsn confirmed, Optional<Lsn> from, boolean gapAccepted) throws Refusal {
    if (from.isPresent()
        && confirmed.isAfter(from.get())
        && !gapAccepted
        && !slot.wasJumped(from.get(), confirmed)) {
      throw new Refusal(
          CloseReason.POSITION_LOST,
          "slot %s stands at %s, beyond from=%s: what lies between is lost"
              .formatted(slot.name(), confirmed, from.get()));
    }
    String advance = slot.advance();
    if (from.isEmpty() && !gapAccepted && !advance.isEmpty()) {
      throw new Refusal(
          CloseReason.POSITION_LOST,
          "slot " + slot.name() + " " + advance + ": what lay before is lost");
    }
  }

  /** For a plugin whose text can be converted to UTF-8. */
  SlotPipeline.Source source(OutputPlugin plugin, List<String> publications)
      throws SQLException, Refusal {
    ReplicationSlots.Server server = database.slots().server();
    Optional<ServerEncoding> encoding = ServerEncoding.of(server.encoding());
    if (encoding.isEmpty() && plugin == OutputPlugin.WAL2JSON) {
      throw new Refusal(
          CloseReason.CANNOT_DECODE,
          "wal2json writes the database's encoding, " + server.encoding() + "; use pgoutput");
    }
    return new SlotPipeline.Source(
        plugin, publications, server.version(), encoding.orElse(ServerEncoding.OF_MOST));
  }

  /**
   * The same for who reads elsewhere what the slot has sent: checks the slot, and notes what it
   * uses.
   */
  public SlotPipeline.Source sourceOf(KnownSlot slot, List<String> named)
      throws SQLException, Refusal {
    OutputPlugin plugin = plugin(at(slot));
    List<String> publications = publications(slot, plugin, named);
    slot.seen();
    return source(plugin, publications);
  }

  /**
   * Those that a tail reads: named, configured, or ours if they are there. None means wal2json: a
   * tail makes no publication.
   */
  List<String> publicationsOfTail(List<String> named) throws SQLException, Refusal {
    Publications.Present present = database.publications().present();
    List<String> asked = named.isEmpty() ? settings.publications() : named;
    List<String> missing = present.missing(asked);
    if (!missing.isEmpty()) {
      throw new Refusal(
          CloseReason.CANNOT_DECODE,
          "there is no publication " + Shown.of(String.join(", ", missing)));
    }
    if (!asked.isEmpty()) {
      return asked;
    }
    return present.missing(Publications.OWN).isEmpty() ? Publications.OWN : List.of();
  }

  /** An option that the installed wal2json does not know ends the stream, unless we emulate it. */
  static boolean doesWithout(SlotPipeline path, SQLException e) throws Refusal {
    Optional<String> option = path.optionIn(String.valueOf(e.getMessage()));
    if (option.isPresent() && !path.doWithout(option.get())) {
      throw new Refusal(
          CloseReason.CANNOT_DECODE, "the installed wal2json does not take " + option.get());
    }
    return option.isPresent();
  }

  List<String> publications(KnownSlot slot, OutputPlugin plugin, List<String> named)
      throws SQLException, Refusal {
    if (plugin == OutputPlugin.WAL2JSON) {
      if (named.isEmpty()) {
        return List.of();
      }
      throw new Refusal(CloseReason.CANNOT_DECODE, "wal2json takes no publication=");
    }
    return named.isEmpty() ? known(slot) : named;
  }

  /**
   * Whether the publications are there, and are those that the stream was started with, or that the
   * slot was made or last streamed with.
   *
   * @param former what the stream was started with; empty at its start
   * @param gapAccepted the client accepts the gap if a publication was dropped and made again
   * @return what it is started with now; null for a plugin without publications
   */
  @Nullable PublicationGuard guard(
      KnownSlot slot,
      Optional<PublicationGuard> former,
      List<String> publications,
      boolean gapAccepted)
      throws SQLException, Refusal {
    if (publications.isEmpty()) {
      return null;
    }
    Publications.Present present = database.publications().present();
    List<String> missing = present.missing(publications);
    if (!missing.isEmpty()) {
      throw new Refusal(
          CloseReason.CANNOT_DECODE, "no publication " + Shown.of(String.join(", ", missing)));
    }
    Optional<String> broken = former.flatMap(guard -> guard.broken(present.oids()));
    if (broken.isPresent()) {
      throw new Refusal(CloseReason.CANNOT_DECODE, broken.get());
    }
    if (former.isEmpty()) {
      checkSinceFormerStream(slot, publications, present, gapAccepted);
    }
    PublicationGuard now = PublicationGuard.of(publications, present.oids());
    slot.guard(now);
    return now;
  }

  /** Or since the slot was made, as far as that is known. */
  private void checkSinceFormerStream(
      KnownSlot slot, List<String> publications, Publications.Present present, boolean gapAccepted)
      throws SQLException, Refusal {
    boolean own = slot.ownPublications() && publications.equals(Publications.OWN);
    boolean older = own && !present.users().contains(slot.name().value());
    Optional<String> broken =
        older // the comment went with the former ones
            ? Optional.of(PublicationGuard.madeAnew(publications.get(0)))
            : slot.guard().broken(publications, present.oids());
    if (broken.isPresent()
        && !gapAccepted
        && (older || database.publications().areYoungerThan(slot.name(), publications))) {
      throw new Refusal(CloseReason.CANNOT_DECODE, broken.get());
    }
    if (older) {
      ownPublications.adopt(slot.name());
    }
  }

  /** What the slot was made with, as far as that is known; else the setting. */
  private List<String> known(KnownSlot slot) throws SQLException, Refusal {
    if (!slot.publications().isEmpty() || ownPublications.isUser(slot)) {
      return slot.publications();
    }
    if (!settings.publications().isEmpty()) {
      return settings.publications();
    }
    throw new Refusal(
        CloseReason.CANNOT_DECODE,
        "it is not known which publications " + slot.name() + " uses: pass publication=");
  }
}
