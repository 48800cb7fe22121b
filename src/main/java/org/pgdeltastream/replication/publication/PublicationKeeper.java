package org.pgdeltastream.replication.publication;

import java.sql.SQLException;
import java.util.Optional;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.replication.connection.ReplicationConnector;

/**
 * Makes, keeps in step and drops our own publications, for slots whose client named none: one of
 * inserts and truncates, which need no replica identity, of all tables where we may; and one of
 * updates and deletes, of the tables whose own UPDATE and DELETE do not fail because of it.
 */
public final class PublicationKeeper {
  private static final int TIDY_WAIT_MILLIS = 2000; // the next check does it, too

  private final ReplicationConnector connector;
  private volatile String settledState = "";
  private volatile long newest;

  public PublicationKeeper(ReplicationConnector connector) {
    this.connector = connector;
  }

  /**
   * Makes the publications where they are not, for a slot that is about to be made.
   *
   * @throws SQLException 42710 if there is a slot of this name, or one is being made
   */
  public PublicationClaim claim(SlotName slot) throws SQLException {
    PublicationSession session = new PublicationSession(connector);
    boolean claimed = false;
    try {
      if (!session.lockName(slot) || session.isSlot(slot)) {
        throw new SQLException("There is a slot " + slot + ", or one is being made", "42710");
      }
      PublicationClaim claim = new PublicationClaim(session, slot, use(session, slot));
      claimed = true;
      return claim;
    } finally {
      if (!claimed) {
        session.close();
      }
    }
  }

  private static Refreshed use(PublicationSession session, SlotName slot) throws SQLException {
    session.lock();
    try {
      session.use(slot);
      return new PublicationSync(session.connection(), true).run();
    } catch (SQLException | RuntimeException e) {
      strike(session, slot, e);
      throw e;
    } finally {
      session.unlock();
    }
  }

  private static void strike(PublicationSession session, SlotName slot, Exception cause) {
    try {
      session.strike(slot);
    } catch (SQLException e) {
      cause.addSuppressed(e); // the next check of any server does it
    }
  }

  /**
   * Adds tables that are new or changed, removes slots that are gone; makes no publication.
   *
   * @param waitsForLocks waits a little for tables that are locked
   * @return empty if nothing can have changed, there is nothing, or another server does it
   */
  public Optional<Refreshed> refresh(boolean waitsForLocks) throws SQLException {
    String state = connector.ask(PublicationSession::state);
    if (state.equals(settledState)) {
      return Optional.empty();
    }
    try (PublicationSession session = new PublicationSession(connector)) {
      if (session.isStandby() || !session.tryLock()) {
        return Optional.empty();
      }
      boolean settled = session.prune();
      if (session.isAbsent()) {
        settledState = state;
        return Optional.empty();
      }
      long newestNow = session.newestRelation();
      Refreshed refreshed = new PublicationSync(session.connection(), waitsForLocks).run();
      settledState = settled && refreshed.isSettled() ? state : "";
      newest = newestNow;
      return Optional.of(refreshed);
    }
  }

  /** Whether the relation is newer than all that a refresh has seen: numbers count upwards. */
  public boolean isNew(int relationId) {
    return Integer.toUnsignedLong(relationId) > newest;
  }

  /** For a slot that is older than the publications, and whose client takes what they have. */
  public void adopt(SlotName slot) throws SQLException {
    try (PublicationSession session = new PublicationSession(connector)) {
      session.lock();
      session.adopt(slot);
    }
  }

  /** After a slot was dropped: the publications go with the last one. */
  public void tidy() throws SQLException {
    try (PublicationSession session = new PublicationSession(connector)) {
      if (!session.isAbsent() && !session.isStandby()) {
        session.lock(TIDY_WAIT_MILLIS);
        session.prune();
      }
    }
  }
}
