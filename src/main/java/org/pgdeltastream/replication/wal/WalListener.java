package org.pgdeltastream.replication.wal;

import java.io.IOException;
import org.pgdeltastream.change.Lsn;

/** Gets what a reader reads, in the reader's thread only; may block while the client is slow. */
public interface WalListener {
  /** The answer of {@link #committedAt} for a message without a commit time. */
  long NO_COMMIT_TIME = Long.MIN_VALUE;

  /** Whether it needs {@link #onServer}, which takes a round trip. */
  default boolean asksForServer() {
    return false;
  }

  /** The PostgreSQL that will send. */
  default void onServer(ServerIdentity server) {}

  /** Where the slot stands, as the walsender says that will send. */
  default void onSlot(SlotPosition position) {}

  /**
   * PostgreSQL has begun to send.
   *
   * @param behind queries first read what the slot missed; after them it is called again
   */
  default void onStart(boolean behind) {}

  /**
   * The reader's thread is about to wait for PostgreSQL, perhaps for long, without pauses; or it is
   * back.
   */
  default void away(boolean waits) {}

  /**
   * When the transaction was committed that this piece of the plugin's output begins: microseconds
   * since 2000-01-01 by PostgreSQL's clock.
   */
  long committedAt(byte[] message, int start, int end);

  /**
   * One piece of the plugin's output, in {@code message} from {@code start} to {@code end}. It may
   * be overwritten after the call.
   *
   * @param position its position in the WAL
   */
  void onWalData(byte[] message, int start, int end, long position) throws IOException;

  /** The server's WAL has come this far; everything before it that concerns us was sent. */
  void onServerWalEnd(Lsn serverWalEnd) throws IOException;

  /** Whether the client may be sent more now; if not, nothing is read for a moment. */
  boolean wantsMore();

  /** No more input is here, or a moment has passed: flush, check the client. */
  void onPause() throws IOException;
}
