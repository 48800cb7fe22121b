package org.pgdeltastream.slot.shared;

import java.util.Locale;

/** What a server does for a feed whose log is shared. */
public enum SharedState {
  /** It reads the log. */
  FOLLOWING,
  /** It reads the slot and writes the log, which it also reads. */
  LEADING,
  /** The log does not answer. */
  WAITING_FOR_KAFKA,
  /** The log lacks what PostgreSQL was told to forget: an operator has to decide. */
  JOURNAL_LOST,
  /** The log has what PostgreSQL has not: an operator has to decide. */
  DIVERGED;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
