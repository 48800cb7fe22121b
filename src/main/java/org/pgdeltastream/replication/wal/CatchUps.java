package org.pgdeltastream.replication.wal;

import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import org.pgdeltastream.replication.connection.ReplicationConnector;

/**
 * The catch-ups of a server, two at a time: each has PostgreSQL decode in two more backends, into
 * two more slots. Another stream does not wait for its turn: its walsender reads what the slot has
 * missed. For any thread.
 */
public final class CatchUps {
  private static final int MOST = 2;

  /** Each decodes ahead in one, and ends its backends in one. */
  public static final int MOST_THREADS = 2 * MOST;

  private final Semaphore permits = new Semaphore(MOST);
  private final Executor threads;

  /**
   * None yet.
   *
   * @param threads for decoding ahead; while all are busy, nothing is decoded ahead
   */
  public CatchUps(Executor threads) {
    this.threads = threads;
  }

  /**
   * Prepares to read by queries what a free slot has missed, where that pays and one is free; the
   * stream closes it.
   *
   * @param pieceBytes of WAL at a time; 0 for never
   * @param options the plugin's
   */
  public Optional<CatchUp> begin(
      ReplicationConnector connector, SlotRow slot, long pieceBytes, Map<String, String> options)
      throws SQLException {
    if (!SlotCopy.pays(slot, pieceBytes) || !permits.tryAcquire()) {
      return Optional.empty();
    }
    boolean begun = false;
    try {
      Optional<CatchUp> catchUp =
          SlotCopy.of(connector, slot, pieceBytes, options)
              .map(
                  first ->
                      new CatchUp(
                          new CatchUpPieces(first.andAnother(connector), threads),
                          threads,
                          permits::release));
      begun = catchUp.isPresent();
      return catchUp;
    } finally {
      if (!begun) {
        permits.release();
      }
    }
  }
}
