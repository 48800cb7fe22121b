package org.pgdeltastream.slot.board;

import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.TableRequest;

/**
 * An open snapshot of a slot, and who reads whole tables under it.
 *
 * @param xidsHeld how many transactions it holds back from vacuum
 */
public record SnapshotReport(
    SlotName slot, Instant opened, Instant expires, long xidsHeld, List<Read> reads) {
  public SnapshotReport {
    reads = List.copyOf(reads);
  }

  /**
   * A whole table, or a part of it, on its way to a client.
   *
   * @param rows how many PostgreSQL has given
   * @param bytes how many the client was handed
   * @param estimatedRows how many rows the part has, as PostgreSQL last counted; empty if it never
   *     did
   */
  public record Read(
      TableRequest request, Instant started, long rows, long bytes, OptionalLong estimatedRows) {}
}
