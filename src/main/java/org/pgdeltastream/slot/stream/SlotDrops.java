package org.pgdeltastream.slot.stream;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.slot.database.Database;
import org.pgdeltastream.slot.database.Problems;
import org.pgdeltastream.slot.upstream.OwnPublications;

/** Drops slots, and what this server knows of them. Its callers see to whose they are. */
public final class SlotDrops {
  private static final Duration STREAM_END = Duration.ofSeconds(5);
  private static final Duration CLOSE_COMES = Duration.ofSeconds(1);
  private static final int TRIES = 20;
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Database database;
  private final Slots slots;
  private final OwnPublications ownPublications;

  public SlotDrops(Database database, Slots slots, OwnPublications ownPublications) {
    this.database = database;
    this.slots = slots;
    this.ownPublications = ownPublications;
  }

  /** Drops it; a client is closed if that is forced, else the slot must be free of one. */
  public void drop(SlotName name, boolean force) {
    Optional<SlotStream> stream = slots.find(name).flatMap(Slot::stream);
    if (stream.isPresent()) {
      if (!force) {
        awaitLeft(name, stream.get());
      } else {
        stream.get().end(CloseReason.SLOT_NOT_FOUND, "slot " + name + " was dropped");
        stream.get().awaitEnd(STREAM_END);
      }
    }
    dropNow(name);
  }

  /** A client that has just closed may be ahead of its own close, on another connection. */
  private static void awaitLeft(SlotName name, SlotStream stream) {
    boolean left =
        stream.awaitEnd(CLOSE_COMES)
            || (stream.isEnding() && stream.awaitEnd(STREAM_END.minus(CLOSE_COMES)));
    if (!left) {
      throw new ProblemException(
          Problem.SLOT_BUSY,
          "Slot " + name + " is being streamed",
          "Close its client first, or pass force=true");
    }
  }

  /** Drops it, whoever reads it. */
  public void dropNow(SlotName name) {
    try {
      dropInPostgres(name);
    } catch (SQLException e) {
      throw Problems.of(e);
    }
    slots.find(name).ifPresent(Slot::closeSnapshot);
    slots.forget(name);
    ownPublications.tidy();
  }

  private void dropInPostgres(SlotName name) throws SQLException {
    for (int attempt = 1; ; attempt++) {
      try {
        database.slots().drop(name);
        return;
      } catch (SQLException e) {
        if (!Problems.has(e, "55006") || attempt == TRIES) {
          throw e;
        }
        LockSupport.parkNanos(PAUSE_NANOS); // a walsender that ends frees it in a moment
      }
    }
  }

  /** PostgreSQL has it no more; its clients are told why. */
  public void wasDropped(SlotName name, String why) {
    slots.find(name).ifPresent(Slot::closeSnapshot);
    slots.forget(name, why);
    ownPublications.tidy();
  }
}
