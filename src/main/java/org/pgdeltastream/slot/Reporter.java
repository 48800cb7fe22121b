package org.pgdeltastream.slot;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.WARNING;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.slot.database.Database;
import org.pgdeltastream.slot.feed.Feed;
import org.pgdeltastream.slot.feed.FeedRun;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.Slots;
import org.pgdeltastream.slot.upstream.OwnPublications;

/**
 * Checks all streams and slots at regular times: reports for readers that are inside a send, and
 * detects clients, connections, servers, snapshots and publications that are gone.
 */
final class Reporter {
  private static final System.Logger LOG = System.getLogger(Reporter.class.getName());

  private static final Duration UNUSED = Duration.ofSeconds(60);

  private final Database database;
  private final Slots slots;
  private final Supplier<List<Feed>> feeds;
  private final OwnPublications ownPublications;
  private String publicationFailure = "";
  private boolean isStandby = true; // PostgreSQL, at the last check; before the first unknown

  Reporter(
      Database database, Slots slots, Supplier<List<Feed>> feeds, OwnPublications ownPublications) {
    this.database = database;
    this.slots = slots;
    this.feeds = feeds;
    this.ownPublications = ownPublications;
  }

  /** Once a second or more often. */
  void checkStreams(Executor others) {
    forEach(stream -> stream.checkClient(others));
    forEachFeed(FeedRun::check);
  }

  /** Every second: PostgreSQL's own shutdown is never held up. */
  void checkPostgres() {
    if (slots.streams().isEmpty() && feeds.get().isEmpty()) {
      database.watch().rest();
    } else if (database.watch().isShuttingDown()) {
      forEach(SlotStream::cutUpstream);
      forEachFeed(FeedRun::cutUpstream);
    } else {
      forEach(stream -> stream.checkUpstream(database.watch()::stateOf));
      forEach(stream -> stream.checkTail(database.watch().written()));
      forEachFeed(feed -> feed.checkUpstream(database.watch()::stateOf));
      checkPromotion();
    }
  }

  /** Once: what a feed reads may be a standby yet, where there are several servers. */
  private void checkPromotion() {
    boolean wasPromoted = isStandby && !database.watch().isStandby();
    isStandby = database.watch().isStandby();
    if (wasPromoted) {
      forEachFeed(FeedRun::leaveStandby);
    }
  }

  /** A failure of one stream must not stop the check of the others. */
  private void forEach(Consumer<SlotStream> check) {
    for (SlotStream stream : slots.streams()) {
      try {
        check.accept(stream);
      } catch (Throwable e) {
        LOG.log(ERROR, "Checking " + stream + " failed", e);
      }
    }
  }

  private void forEachFeed(Consumer<FeedRun> check) {
    for (Feed feed : feeds.get()) {
      try {
        feed.reading().ifPresent(check);
      } catch (Throwable e) {
        LOG.log(ERROR, "Checking " + feed + " failed", e);
      }
    }
  }

  /** Every few seconds. */
  void checkSlots() {
    Instant now = Instant.now();
    slots.all().forEach(slot -> slot.closeSnapshotIfExpired(now));
    ownPublications.check();
    checkPublications();
    database.connector().control().rest(UNUSED);
  }

  private void checkPublications() {
    List<SlotStream> guarded =
        slots.streams().stream().filter(stream -> stream.guard().isPresent()).toList();
    boolean fed = !feeds.get().isEmpty();
    if (guarded.isEmpty() && !fed) {
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
      forEachFeed(feed -> feed.checkPublications(present));
    } catch (SQLException e) {
      String failure = "The publications cannot be read: " + e.getMessage();
      if (!failure.equals(publicationFailure)) { // once, not every few seconds
        LOG.log(WARNING, failure);
      }
      publicationFailure = failure;
    }
  }
}
