package org.pgdeltastream.slot.upstream;

import java.util.ArrayList;
import java.util.List;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.SlotName;

/**
 * What this server remembers of a slot for its streams, beyond what PostgreSQL shows: its
 * publications, its warnings, and its history. Every method holds the lock shortly and does no I/O.
 */
public final class KnownSlot {
  private static final int MOST_WARNINGS = 100;

  private final SlotName name;
  private final List<String> warnings = new ArrayList<>();
  private List<String> leftOut = List.of();
  private List<String> publications = List.of();
  private PublicationGuard guard = PublicationGuard.NONE;
  private boolean ownPublications;
  private boolean isThere;
  private boolean clientKeepsPosition;
  private boolean needsChunks;
  private int walsender;
  private String advance = ""; // what its next client is to be told of it
  private String dropped = "";
  private Lsn jumpedAfter = Lsn.NONE;
  private Lsn jumpedUpTo = Lsn.NONE;

  public KnownSlot(SlotName name) {
    this.name = name;
  }

  public SlotName name() {
    return name;
  }

  public synchronized void publications(List<String> names, boolean own) {
    publications = List.copyOf(names);
    ownPublications = own;
  }

  public synchronized List<String> publications() {
    return publications;
  }

  synchronized boolean ownPublications() {
    return ownPublications;
  }

  public synchronized void warn(String warning) {
    if (!warnings.contains(warning) && warnings.size() < MOST_WARNINGS) {
      warnings.add(warning);
    }
  }

  /** What our publications leave out now; replaces what they left out before. */
  public synchronized void leftOut(List<String> now) {
    leftOut = List.copyOf(now);
  }

  public synchronized List<String> warnings() {
    List<String> all = new ArrayList<>(warnings);
    all.addAll(leftOut);
    return List.copyOf(all);
  }

  /** The publications that it was made or last streamed with, as they were then. */
  public synchronized void guard(PublicationGuard present) {
    guard = present;
  }

  public synchronized PublicationGuard guard() {
    return guard;
  }

  /** The process that streams it to this server, or did so last; 0 for none yet. */
  synchronized void walsender(int process) {
    walsender = process;
  }

  synchronized int walsender() {
    return walsender;
  }

  /** PostgreSQL has it. */
  synchronized void seen() {
    isThere = true;
  }

  /** Whether PostgreSQL has had it: it is more than a name that a client has sent. */
  public synchronized boolean wasSeen() {
    return isThere;
  }

  /** A client gave its position: from now on only its clients move the slot. */
  public synchronized void clientKeepsPosition() {
    clientKeepsPosition = true;
  }

  public synchronized boolean doesClientKeepPosition() {
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

  /**
   * Somebody moves the slot past what its client has: its next client is to be told.
   *
   * @param what such as {@code was advanced to 0/170FCB0 by an operator}; empty: it knows
   * @return what it was to be told before
   */
  public synchronized String advance(String what) {
    String former = advance;
    isThere |= !what.isEmpty();
    advance = what;
    return former;
  }

  /** What its next client is to be told; empty if its clients know, or nobody moved it. */
  synchronized String advance() {
    return advance;
  }

  /** It was dropped: its clients are told why. */
  public synchronized void dropped(String why) {
    dropped = why;
  }

  /** Why there is no such slot. */
  synchronized String gone() {
    return dropped.isEmpty() ? "no slot " + name : dropped;
  }

  /** The server itself moved the slot, past WAL that held nothing for the client. */
  public synchronized void jumped(Lsn after, Lsn upTo) {
    if (!after.equals(jumpedUpTo)) {
      jumpedAfter = after;
    }
    jumpedUpTo = upTo;
  }

  /** Whether the server itself moved the slot from one position to the other. */
  synchronized boolean wasJumped(Lsn from, Lsn confirmed) {
    return !jumpedAfter.isAfter(from) && !confirmed.isAfter(jumpedUpTo);
  }
}
