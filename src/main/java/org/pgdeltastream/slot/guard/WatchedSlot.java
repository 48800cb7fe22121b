package org.pgdeltastream.slot.guard;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.SlotName;

/**
 * What the guard is shown of a slot.
 *
 * @param retainedBytes the WAL that PostgreSQL keeps for it
 * @param limitBytes {@code max_slot_wal_keep_size}; empty for none
 * @param confirmed where it stands; empty if it has lost its WAL
 * @param idle for how long nobody has streamed it; empty while somebody does
 * @param snapshotOpen this server holds its snapshot, which may be read
 */
public record WatchedSlot(
    SlotName name,
    long retainedBytes,
    OptionalLong limitBytes,
    Optional<Lsn> confirmed,
    Optional<Duration> idle,
    Reader reader,
    boolean snapshotOpen) {
  /** Who streams it. */
  public enum Reader {
    NOBODY,
    /** A client of this server. */
    CLIENT,
    /** A feed, of any server; also while it is away. */
    FEED,
    /** Another server of this program, or another program. */
    OTHERS
  }
}
