package org.pgdeltastream.slot.feed;

import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.journal.shared.KafkaSettings.Storage;
import org.pgdeltastream.replication.wal.SlotRow;
import org.pgdeltastream.slot.shared.SharedLogs;

/** Makes and drops what a feed has outside of this server: its slot, and its log. */
record FeedMaker(SlotAccess slots, SharedLogs logs) {
  /** Makes the slot of a feed, and where its changes are kept. */
  void make(FeedDefinition wanted) {
    SlotName slot = wanted.slotName();
    if (wanted.storage() == Storage.WAL) {
      slots.make(slot, wanted.publications());
      return;
    }
    logs.make(
        wanted.name(),
        () -> {
          slots.make(slot, wanted.publications());
          return slots.find(slot).flatMap(SlotRow::confirmedFlush).orElse(Lsn.NONE);
        },
        () -> dropSlot(slot));
  }

  /** Throws ProblemException SLOT_BUSY if somebody follows it, but not by force. */
  static void checkUnused(Feed feed, boolean force) {
    int count = feed.subscribers().size();
    if (!force && count > 0) {
      throw new ProblemException(
          Problem.SLOT_BUSY,
          "Feed " + feed.definition().name() + " has " + count + " subscribers",
          "Close them first, or pass force=true");
    }
  }

  /** Drops both; another server may be quicker. */
  void drop(FeedDefinition feed) {
    dropSlot(feed.slotName());
    if (feed.storage() == Storage.KAFKA) {
      logs.remove(feed.name());
    }
  }

  private void dropSlot(SlotName slot) {
    try {
      slots.drop(slot);
    } catch (ProblemException e) {
      if (e.problem() != Problem.SLOT_NOT_FOUND) { // else another server was quicker
        throw e;
      }
    }
  }
}
