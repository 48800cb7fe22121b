package org.pgdeltastream.replication.wal;

import java.sql.SQLException;

/** A catch-up is no longer quicker: nothing is lost, the slot's walsender continues at once. */
public final class CatchUpEndException extends SQLException {
  private static final long serialVersionUID = 1L;

  CatchUpEndException(String why) {
    super(why);
  }
}
