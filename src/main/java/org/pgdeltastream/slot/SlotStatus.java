package org.pgdeltastream.slot;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.delivery.CloseReason;

/** One slot as PostgreSQL and this server see it now. */
public record SlotStatus(
    SlotName name,
    String plugin,
    List<String> publications,
    boolean active,
    Optional<Lsn> restartLsn,
    Optional<Lsn> confirmedFlush,
    long lagBytes,
    Optional<String> walStatus,
    Optional<OpenSnapshot> snapshot,
    Optional<LastClose> lastClose,
    long acksIgnored,
    List<String> warnings) {
  public SlotStatus {
    publications = List.copyOf(publications);
    warnings = List.copyOf(warnings);
  }

  /** The snapshot while it is open, and how many transactions it holds back from vacuum. */
  public record OpenSnapshot(Instant expires, long xidsHeld) {}

  /** Why the last client of this slot was closed. */
  public record LastClose(CloseReason reason, String detail, Instant at) {}
}
