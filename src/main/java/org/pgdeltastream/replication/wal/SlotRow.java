package org.pgdeltastream.replication.wal;

import java.util.Optional;
import org.pgdeltastream.change.Lsn;

/**
 * A line of {@code pg_replication_slots}. Source: manual, "pg_replication_slots".
 *
 * @param ofThisDatabase made in the database that we are connected to
 * @param twoPhase prepared transactions are decoded when they are prepared
 * @param activePid the walsender that streams it, 0 if none
 * @param lagBytes from the confirmed flush position to the server's current one
 */
public record SlotRow(
    String name,
    String plugin,
    boolean logical,
    boolean ofThisDatabase,
    boolean twoPhase,
    boolean active,
    int activePid,
    Optional<Lsn> restartLsn,
    Optional<Lsn> confirmedFlush,
    long lagBytes,
    Optional<String> walStatus,
    Optional<String> invalidationReason) {
  /** The bytes of WAL that PostgreSQL decodes again before anything new comes. */
  long decodedAgainBytes() {
    long confirmed = confirmedFlush.orElse(Lsn.NONE).value();
    return confirmed - restartLsn.map(Lsn::value).orElse(confirmed);
  }

  /** The server has given up on it. */
  public boolean invalidated() {
    return invalidationReason.isPresent() || walStatus.filter("lost"::equals).isPresent();
  }
}
