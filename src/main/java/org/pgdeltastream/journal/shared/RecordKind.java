package org.pgdeltastream.journal.shared;

import java.util.Optional;
import java.util.stream.Stream;

/** What a record of the log holds. */
public enum RecordKind {
  /** Whole transactions. */
  WHOLE(0),
  /**
   * The first part of a transaction that is too large for a record; whole ones may stand before.
   */
  FIRST(1),
  MIDDLE(2),
  LAST(3),
  /** Nothing happened up to its end. */
  POSITION(4),
  /** Somebody begins to lead: JSON. */
  TERM(5);

  private final byte code;

  RecordKind(int code) {
    this.code = (byte) code;
  }

  /** As it is written. */
  byte code() {
    return code;
  }

  static Optional<RecordKind> of(byte code) {
    return Stream.of(values()).filter(one -> one.code == code).findFirst();
  }

  /** Whether it continues a transaction. */
  boolean continues() {
    return this == MIDDLE || this == LAST;
  }

  /** Whether it holds messages of pgoutput. */
  public boolean hasMessages() {
    return this != POSITION && this != TERM;
  }
}
