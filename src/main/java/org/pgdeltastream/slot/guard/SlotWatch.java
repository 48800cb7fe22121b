package org.pgdeltastream.slot.guard;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.replication.SlotState;
import org.pgdeltastream.slot.board.BoardLook;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.slot.feed.FeedDefinition;
import org.pgdeltastream.slot.stream.Slot;
import org.pgdeltastream.slot.stream.Slots;

/** The slots that the guard may act on, as PostgreSQL has them and this server knows them. */
record SlotWatch(Settings settings, Slots slots) {
  /** Those of our pattern and database. */
  List<WatchedSlot> of(BoardLook look) {
    return look.server().slots().stream()
        .filter(state -> state.row().logical() && state.row().ofThisDatabase())
        .filter(state -> settings.matches(state.row().name()))
        .map(state -> watched(state, look))
        .toList();
  }

  private WatchedSlot watched(SlotState state, BoardLook look) {
    SlotName name = new SlotName(state.row().name());
    Optional<Slot> known = slots.find(name);
    WatchedSlot.Reader reader = reader(name, known, state.row().active());
    return new WatchedSlot(
        name,
        state.retainedBytes(),
        look.server().walLimitBytes(),
        state.row().confirmedFlush(),
        reader == WatchedSlot.Reader.CLIENT
            ? Optional.empty() // one that catches up does not hold the slot
            : state.inactiveSince().map(since -> Duration.between(since, look.asOf())),
        reader,
        known.filter(Slot::hasSnapshot).isPresent());
  }

  private static WatchedSlot.Reader reader(SlotName name, Optional<Slot> known, boolean active) {
    if (FeedDefinition.isFeeds(name)) {
      return WatchedSlot.Reader.FEED;
    }
    if (known.flatMap(Slot::stream).isPresent()) {
      return WatchedSlot.Reader.CLIENT;
    }
    return active ? WatchedSlot.Reader.OTHERS : WatchedSlot.Reader.NOBODY;
  }
}
