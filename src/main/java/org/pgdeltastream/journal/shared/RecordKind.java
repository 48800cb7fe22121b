package org.pgdeltastream.journal.shared;

/** What a record of the log holds. The order is that of the format. */
public enum RecordKind {
  /** Whole transactions. */
  WHOLE,
  /**
   * The first part of a transaction that is too large for a record; whole ones may stand before.
   */
  FIRST,
  MIDDLE,
  LAST,
  /** Nothing happened up to its end. */
  POSITION,
  /** Somebody begins to lead: JSON. */
  TERM;

  /** Whether it continues a transaction. */
  boolean continues() {
    return this == MIDDLE || this == LAST;
  }

  /** Whether it holds messages of pgoutput. */
  public boolean hasMessages() {
    return compareTo(POSITION) < 0;
  }
}
