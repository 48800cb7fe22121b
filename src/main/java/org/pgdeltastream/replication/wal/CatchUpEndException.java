package org.pgdeltastream.replication.wal;

import java.sql.SQLException;

/** A catch-up does not pay any more: nothing is lost, and the slot's walsender goes on at once. */
public final class CatchUpEndException extends SQLException {
  private static final long serialVersionUID = 1L;

  CatchUpEndException(String why) {
    super(why);
  }
}
