package org.pgdeltastream.slot;

import static java.lang.System.Logger.Level.WARNING;

import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.pgdeltastream.delivery.CloseReason;

/**
 * Looks after all streams and slots at regular times: reports for readers that are inside a send,
 * and notices clients, connections, servers, snapshots and publications that are gone.
 */
final class Reporter {
  private static final System.Logger LOG = System.getLogger(Reporter.class.getName());

  private final Database database;
  private final Slots slots;
  private final OwnPublications ownPublications;
  private String publicationFailure = "";

  Reporter(Database database, Slots slots, OwnPublications ownPublications) {
    this.database = database;
    this.slots = slots;
    this.ownPublications = ownPublications;
  }

  /** Once a second or more often. */
  void lookAfterStreams(Executor closers) {
    for (SlotStream stream : slots.streams()) {
      stream.reportWhileSending();
      Optional<String> stuck = stream.stuck();
      stuck.ifPresent(detail -> stream.end(CloseReason.SLOW_SUBSCRIBER, detail));
      stream.closeIfOverdue(closers);
    }
  }

  /** Every second: PostgreSQL's own shutdown is never held up. */
  void lookAfterPostgres() {
    List<SlotStream> streams = slots.streams();
    if (streams.isEmpty()) {
      database.watch().close();
    } else if (database.watch().isShuttingDown()) {
      streams.forEach(SlotStream::cutUpstream);
    } else {
      streams.forEach(stream -> stream.lookAtUpstream(database.watch()::stateOf));
    }
  }

  /** Every few seconds. */
  void lookAfterSlots() {
    Instant now = Instant.now();
    slots.all().forEach(slot -> slot.closeSnapshotIfExpired(now));
    ownPublications.look();
    lookAfterPublications();
  }

  private void lookAfterPublications() {
    List<SlotStream> guarded =
        slots.streams().stream().filter(stream -> stream.guard().isPresent()).toList();
    if (guarded.isEmpty()) {
      return;
    }
    try {
      Map<String, Long> present = database.publications().present().oids();
      publicationFailure = "";
      for (SlotStream stream : guarded) {
        stream
            .guard()
            .flatMap(guard -> guard.broken(present))
            .ifPresent(detail -> stream.end(CloseReason.CANNOT_DECODE, detail));
      }
    } catch (SQLException e) {
      String failure = "The publications cannot be looked at: " + e.getMessage();
      if (!failure.equals(publicationFailure)) { // once, not every few seconds
        LOG.log(WARNING, failure);
      }
      publicationFailure = failure;
    }
  }
}
