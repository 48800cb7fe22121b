package org.pgdeltastream.slot.lease;

import java.util.Optional;
import org.pgdeltastream.change.SlotName;

/**
 * A page of rows as a JSON array in UTF-8, and the slot whose snapshot it was read under. Closed
 * when it is written.
 *
 * @param nextCursor where the next page begins; empty at the end, or where no key orders the rows
 */
public record SnapshotPage(SlotName slot, PageBytes json, Optional<String> nextCursor)
    implements AutoCloseable {

  /** Gives its memory back. */
  @Override
  public void close() {
    json.close();
  }
}
