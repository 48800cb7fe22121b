package org.pgdeltastream.slot.shared;

import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.decoder.ServerEncoding;
import org.pgdeltastream.decoder.WalDecoder;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.replication.wal.ServerIdentity;

/** The receiver of what a {@link Follower} reads. The follower's thread calls it. */
public interface FollowTarget {
  /** What takes messages of pgoutput, and where they stand in the WAL. */
  interface Decoder extends WalDecoder, AutoCloseable {
    /** Where the next message stands. */
    void position(long lsn);

    @Override
    void close();
  }

  /** Begins to decode, with nothing described yet; what was begun comes again, or never. */
  Decoder decoder(ServerEncoding encoding, Catalog catalog);

  /** Forgets all: what ends after this comes next. */
  void startAt(Lsn position);

  /** From now on subscribers are placed: positions are of this PostgreSQL. */
  void open(ServerIdentity server);

  /** Nothing happened up to here. */
  void movedTo(Lsn position);

  /**
   * Lets subscribers read what has come.
   *
   * @param isAll whether that is all that there is
   */
  void publish(boolean isAll);

  /** Closes all subscribers; those that come from now on wait for {@link #open}. */
  void endAll(CloseReason reason, String detail);
}
