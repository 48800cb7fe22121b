package org.pgdeltastream.slot;

import java.time.Instant;
import java.util.List;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.SlotName;

/**
 * A slot just made.
 *
 * @param publications those that the client named, or ours; empty with wal2json
 * @param publicationsNamed whether the client must name them again when it streams
 */
public record NewSlot(
    SlotName name,
    OutputPlugin plugin,
    List<String> publications,
    boolean publicationsNamed,
    Lsn consistentPoint,
    Instant snapshotExpires,
    List<String> warnings) {
  public NewSlot {
    publications = List.copyOf(publications);
    warnings = List.copyOf(warnings);
  }
}
