package org.pgdeltastream.slot;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.SlotName;

/**
 * What this server knows of one slot beyond what PostgreSQL tells: its snapshot, its stream, how
 * the last stream ended. Every method holds the lock shortly and does no I/O, but for closing.
 */
final class Slot {
  private static final int MOST_WARNINGS = 100;

  private final SlotName name;
  private final List<String> warnings = new ArrayList<>();
  private List<String> leftOut = List.of();
  private List<String> publications = List.of();
  private PublicationGuard guard = PublicationGuard.NONE;
  private boolean ownPublications;
  private boolean madeHere;
  private boolean isThere;
  private int streams;
  private @Nullable SnapshotLease lease;
  private @Nullable SlotStream stream;
  private SlotStatus.@Nullable LastClose lastClose;
  private long acksIgnored;
  private boolean clientKeepsPosition;
  private boolean needsChunks;
  private Lsn jumpedAfter = Lsn.NONE;
  private Lsn jumpedUpTo = Lsn.NONE;

  Slot(SlotName name) {
    this.name = name;
  }

  SlotName name() {
    return name;
  }

  synchronized void publications(List<String> names, boolean own) {
    publications = List.copyOf(names);
    ownPublications = own;
  }

  synchronized List<String> publications() {
    return publications;
  }

  synchronized boolean ownPublications() {
    return ownPublications;
  }

  synchronized void warn(String warning) {
    if (!warnings.contains(warning) && warnings.size() < MOST_WARNINGS) {
      warnings.add(warning);
    }
  }

  /** What our publications leave out now; it takes the place of what they left out before. */
  synchronized void leftOut(List<String> now) {
    leftOut = List.copyOf(now);
  }

  synchronized List<String> warnings() {
    List<String> all = new ArrayList<>(warnings);
    all.addAll(leftOut);
    return List.copyOf(all);
  }

  /** The publications that it was made or last streamed with, as they were then. */
  synchronized void guard(PublicationGuard present) {
    guard = present;
  }

  synchronized PublicationGuard guard() {
    return guard;
  }

  synchronized void lease(SnapshotLease made) {
    lease = made;
    madeHere = true;
  }

  /** Whether this server made the slot, and so had its snapshot. */
  synchronized boolean madeHere() {
    return madeHere;
  }

  /** PostgreSQL has it. */
  synchronized void isThere() {
    isThere = true;
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

  /** Whether it is held, or is more than a name that a client has said. */
  synchronized boolean isKnown() {
    return isHeld() || madeHere || isThere;
  }

  synchronized boolean hasSnapshot() {
    return lease != null;
  }

  /** Since when nobody reads its snapshot; empty if it is read, or closed. */
  synchronized Optional<Instant> unusedSince() {
    SnapshotLease open = lease;
    return open == null ? Optional.empty() : open.unusedSince();
  }

  /** Keeps the snapshot open while it is read; empty if it is closed. */
  synchronized Optional<SnapshotUse> useSnapshot(Instant now) {
    SnapshotLease open = lease;
    if (open == null || open.isExpired(now)) {
      return Optional.empty();
    }
    open.beginRead(now);
    return Optional.of(new SnapshotUse(this, open));
  }

  synchronized void endUse(SnapshotLease used, Instant now) {
    used.endRead(now);
  }

  /** When the snapshot closes, and the backend that holds it. */
  synchronized Optional<Held> held() {
    SnapshotLease open = lease;
    return open == null
        ? Optional.empty()
        : Optional.of(new Held(open.expires(), open.holderPid()));
  }

  record Held(Instant expires, int pid) {}

  synchronized void closeSnapshotIfExpired(Instant now) {
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
  synchronized boolean closeSnapshotIfUnused(Instant since) {
    return unusedSince().filter(when -> !when.isAfter(since)).isPresent() && closeSnapshot();
  }

  /** Reads that run go on: each has adopted the snapshot. False if it was closed already. */
  synchronized boolean closeSnapshot() {
    SnapshotLease open = lease;
    lease = null;
    if (open == null) {
      return false;
    }
    open.close();
    return true;
  }

  /** Takes the slot for this stream; false if another has it. */
  synchronized boolean occupy(SlotStream taker) {
    if (stream != null) {
      return false;
    }
    stream = taker;
    return true;
  }

  synchronized void leave(SlotStream leaver, SlotStatus.@Nullable LastClose why, long ignored) {
    if (stream == leaver) {
      stream = null;
      acksIgnored += ignored;
      lastClose = why == null ? lastClose : why;
    }
  }

  /** A client said where it is: from now on the slot stands only where its clients say. */
  synchronized void clientKeepsPosition() {
    clientKeepsPosition = true;
  }

  synchronized boolean doesClientKeepPosition() {
    return clientKeepsPosition;
  }

  /**
   * A transaction was too large for wal2json to write whole: from now on in chunks.
   *
   * @return false if that was known
   */
  synchronized boolean needsChunks() {
    boolean isNew = !needsChunks;
    needsChunks = true;
    return isNew;
  }

  synchronized boolean doesNeedChunks() {
    return needsChunks;
  }

  /** The server moved the slot on by itself, past WAL that held nothing for the client. */
  synchronized void jumped(Lsn after, Lsn upTo) {
    if (!after.equals(jumpedUpTo)) {
      jumpedAfter = after;
    }
    jumpedUpTo = upTo;
  }

  /** Whether nothing for the client lies between these. */
  synchronized boolean wasJumped(Lsn from, Lsn confirmed) {
    return !jumpedAfter.isAfter(from) && !confirmed.isAfter(jumpedUpTo);
  }

  synchronized Optional<SlotStream> stream() {
    return Optional.ofNullable(stream);
  }

  synchronized Optional<SlotStatus.LastClose> lastClose() {
    return Optional.ofNullable(lastClose);
  }

  synchronized long acksIgnored() {
    return acksIgnored + (stream == null ? 0 : stream.acksIgnored());
  }
}
