package org.pgdeltastream.replication.wal;

import java.util.Optional;
import org.pgdeltastream.change.Lsn;

/**
 * Where a slot and its server stand, as the walsender says that will stream it: another connection
 * may lead to another server.
 *
 * @param confirmed the slot's confirmed flush position
 * @param written up to where the server has WAL; empty for a standby: what it lacks is on its way,
 *     and after a restart it may not even know what it has
 * @param replayed up to where a standby has applied WAL; empty for another server
 */
public record SlotPosition(Lsn confirmed, Optional<Lsn> written, Optional<Lsn> replayed) {
  public static final SlotPosition UNKNOWN =
      new SlotPosition(Lsn.NONE, Optional.empty(), Optional.empty());
}
