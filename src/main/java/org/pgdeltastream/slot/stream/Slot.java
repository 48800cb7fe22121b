package org.pgdeltastream.slot.stream;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.delivery.StreamCounts;
import org.pgdeltastream.slot.lease.SnapshotLease;
import org.pgdeltastream.slot.lease.SnapshotUse;
import org.pgdeltastream.slot.lease.TableProgress;
import org.pgdeltastream.slot.upstream.KnownSlot;

/**
 * What this server knows of one slot beyond what PostgreSQL shows: its snapshot, its stream, how
 * the last stream ended. Every method holds the lock shortly and does no I/O, except for closing.
 */
public final class Slot {
  private final KnownSlot known;
  private final StreamCounts counts = new StreamCounts();
  private boolean madeHere;
  private int streams;
  private @Nullable SnapshotLease lease;
  private @Nullable SlotStream stream;
  private SlotReport.@Nullable LastClose lastClose;
  private long acksIgnored;

  Slot(SlotName name) {
    this.known = new KnownSlot(name);
  }

  public SlotName name() {
    return known.name();
  }

  /** Of all its streams. */
  public StreamCounts counts() {
    return counts;
  }

  /** What its streams ask. */
  public KnownSlot known() {
    return known;
  }

  public synchronized void lease(SnapshotLease made) {
    lease = made;
    madeHere = true;
  }

  /** Whether this server made the slot, and so had its snapshot. */
  public synchronized boolean madeHere() {
    return madeHere;
  }

  /** A stream of it is about to begin. */
  synchronized void entered() {
    streams++;
  }

  synchronized void left() {
    streams--;
  }

  /** Whether a snapshot or a stream, one that is yet to begin too, needs it. */
  synchronized boolean isHeld() {
    return streams > 0 || lease != null;
  }

  /** Whether it is held, or is more than a name that a client has sent. */
  synchronized boolean isKnown() {
    return isHeld() || madeHere || known.wasSeen();
  }

  public synchronized boolean hasSnapshot() {
    return lease != null;
  }

  /** Since when nobody reads its snapshot; empty if it is read, or closed. */
  synchronized Optional<Instant> unusedSince() {
    SnapshotLease open = lease;
    return open == null ? Optional.empty() : open.unusedSince();
  }

  /** Keeps the snapshot open while it is read; empty if it is closed. */
  public synchronized Optional<SnapshotUse> useSnapshot(Instant now) {
    SnapshotLease open = lease;
    if (open == null || open.isExpired(now)) {
      return Optional.empty();
    }
    open.beginRead(now);
    return Optional.of(new SnapshotUse(name(), open, this::endUse));
  }

  private synchronized void endUse(SnapshotLease used) {
    used.endRead(Instant.now());
  }

  /** When the snapshot closes, and the backend that holds it. */
  public synchronized Optional<Held> held() {
    SnapshotLease open = lease;
    return open == null
        ? Optional.empty()
        : Optional.of(
            new Held(
                open.opened(), open.expires(), open.holderPid(), Set.copyOf(open.tableReads())));
  }

  /**
   * An open snapshot.
   *
   * @param pid the backend that holds it
   */
  public record Held(Instant opened, Instant expires, int pid, Set<TableProgress> reads) {}

  public synchronized void closeSnapshotIfExpired(Instant now) {
    SnapshotLease open = lease;
    if (open == null) {
      return;
    }
    open.renewIfRead(now);
    if (open.isExpired(now)) {
      closeSnapshot();
    }
  }

  /** False if it is read, was read since then, or is closed. */
  public synchronized boolean closeSnapshotIfUnused(Instant since) {
    return unusedSince().filter(when -> !when.isAfter(since)).isPresent() && closeSnapshot();
  }

  /** Reads that run go on: each has adopted the snapshot. False if it was closed already. */
  public synchronized boolean closeSnapshot() {
    SnapshotLease open = lease;
    lease = null;
    if (open == null) {
      return false;
    }
    open.close();
    return true;
  }

  /** Takes the slot for this stream; false if another has it. */
  public synchronized boolean occupy(SlotStream taker) {
    if (stream != null) {
      return false;
    }
    stream = taker;
    return true;
  }

  synchronized void leave(SlotStream leaver, SlotReport.@Nullable LastClose why, long ignored) {
    if (stream == leaver) {
      stream = null;
      acksIgnored += ignored;
      lastClose = why == null ? lastClose : why;
    }
  }

  public synchronized Optional<SlotStream> stream() {
    return Optional.ofNullable(stream);
  }

  public synchronized Optional<SlotReport.LastClose> lastClose() {
    return Optional.ofNullable(lastClose);
  }

  public synchronized long acksIgnored() {
    return acksIgnored + (stream == null ? 0 : stream.acksIgnored());
  }
}
