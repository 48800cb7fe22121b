package org.pgdeltastream.slot;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.replication.wal.SlotRow;
import org.pgdeltastream.slot.database.Database;
import org.pgdeltastream.slot.database.Problems;
import org.pgdeltastream.slot.feed.SlotAccess;
import org.pgdeltastream.slot.stream.Slot;
import org.pgdeltastream.slot.stream.Slots;
import org.pgdeltastream.slot.upstream.KnownSlot;

/** Slots, as feeds need them. */
final class FeedSlots implements SlotAccess {
  /** The refusal of what only a feed may do with its slot. */
  static ProblemException readBy(SlotName slot) {
    return new ProblemException(
        Problem.SLOT_BUSY,
        "Slot " + slot + " is read by a feed",
        "Follow or delete the feed: GET /v1/feeds shows it");
  }

  private final Database database;
  private final SlotCreator creator;
  private final Slots slots;
  private final Consumer<SlotName> dropNow;

  /**
   * Those of one registry.
   *
   * @param dropNow drops a slot, whoever reads it
   */
  FeedSlots(Database database, SlotCreator creator, Slots slots, Consumer<SlotName> dropNow) {
    this.database = database;
    this.creator = creator;
    this.slots = slots;
    this.dropNow = dropNow;
  }

  @Override
  public Optional<SlotRow> find(SlotName name) {
    try {
      return database.slots().find(name);
    } catch (SQLException e) {
      throw Problems.of(e);
    }
  }

  /** As init does, without its snapshot. */
  @Override
  public void make(SlotName name, List<String> publications) {
    creator.create(
        new InitRequest(Optional.of(OutputPlugin.PGOUTPUT), publications, Optional.of(name)));
    slots.find(name).ifPresent(Slot::closeSnapshot);
  }

  @Override
  public KnownSlot enter(SlotName name) {
    return slots.entered(name).known();
  }

  @Override
  public void drop(SlotName name) {
    dropNow.accept(name);
  }
}
