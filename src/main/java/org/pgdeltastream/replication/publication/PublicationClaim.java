package org.pgdeltastream.replication.publication;

import java.sql.SQLException;
import org.pgdeltastream.change.SlotName;

/**
 * Our publications, made or in step, with the name of a slot that is about to be made: while this
 * is open nobody drops them and nobody else makes a slot of that name with them.
 */
public final class PublicationClaim implements AutoCloseable {
  private static final int UNDO_MILLIS = 2_000; // else the next check of any server does it

  private final PublicationSession session;
  private final SlotName slot;
  private final Refreshed refreshed;

  PublicationClaim(PublicationSession session, SlotName slot, Refreshed refreshed) {
    this.session = session;
    this.slot = slot;
    this.refreshed = refreshed;
  }

  public Refreshed refreshed() {
    return refreshed;
  }

  /** The slot was not made: drops the publications if no other slot uses them. */
  public void undo() throws SQLException {
    undo(session, slot);
  }

  static void undo(PublicationSession session, SlotName slot) throws SQLException {
    session.connection().setNetworkTimeout(Runnable::run, UNDO_MILLIS);
    session.lock();
    try {
      session.strike(slot);
    } finally {
      session.unlock();
    }
  }

  @Override
  public void close() throws SQLException {
    session.close();
  }
}
