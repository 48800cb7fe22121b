package org.pgdeltastream.replication;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.pgdeltastream.replication.wal.SlotRow;

/**
 * A slot and what it costs PostgreSQL. Source: manual, "pg_replication_slots" and
 * "pg_stat_replication_slots".
 *
 * @param retainedBytes the WAL that PostgreSQL keeps for it
 * @param safeBytes how much can be written before it may lose its WAL; empty without a limit, and
 *     before version 13
 * @param inactiveSince empty while it is streamed, and before version 17
 * @param failover whether standbys get it too; false before version 17
 * @param spilledBytes what decoding has written to disk since the statistics were reset; 0 before
 *     version 14
 * @param xidsHeld how many transactions it holds the catalog back from vacuum
 */
public record SlotState(
    SlotRow row,
    long retainedBytes,
    OptionalLong safeBytes,
    Optional<Instant> inactiveSince,
    boolean failover,
    long spilledBytes,
    long xidsHeld) {
  /** The same with that time. */
  public SlotState inactiveSince(Instant since) {
    return new SlotState(
        row, retainedBytes, safeBytes, Optional.of(since), failover, spilledBytes, xidsHeld);
  }
}
