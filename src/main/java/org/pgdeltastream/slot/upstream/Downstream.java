package org.pgdeltastream.slot.upstream;

import java.io.IOException;
import java.util.List;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.replication.wal.ServerIdentity;
import org.pgdeltastream.replication.wal.SlotPosition;
import org.pgdeltastream.replication.wal.SlotRow;

/**
 * The receiver of what an {@link Upstream} reads. It outlives connections to PostgreSQL, and says
 * what PostgreSQL may forget. The reader's thread calls it, except for the two positions.
 */
public interface Downstream {
  /** The publications asked for; empty for those that the slot was made with. */
  List<String> publications();

  /** Whether a slot is made for it, which ends with the connection: it is never connected again. */
  default boolean isTemporary() {
    return false;
  }

  /** Whether it takes the slot from another reader. */
  default boolean takesOver() {
    return false;
  }

  /** Whether nobody else on this server reads the slot: a walsender that served it can go. */
  default boolean isOnlyReader() {
    return false;
  }

  /** Whether it continues with what is left where changes were lost. */
  default boolean acceptsGap() {
    return false;
  }

  /**
   * The slot as it is before a connection.
   *
   * @throws Refusal if it cannot continue from there
   */
  void found(SlotRow slot) throws Refusal;

  /**
   * The data path of one connection.
   *
   * @throws Refusal if the plugin lacks what was asked for
   */
  SlotPipeline path(SlotPipeline.Source source, Catalog catalog) throws Refusal;

  /** Whether it wants to know which PostgreSQL streams the slot. */
  boolean asksForServer();

  /** The PostgreSQL that streams; called before {@link #begin}. */
  void found(ServerIdentity server);

  /** Where the slot stands on it; called before {@link #begin}. */
  void found(SlotPosition position);

  /**
   * PostgreSQL streams the slot from where it was found. Nothing was reported yet: a server with
   * less WAL would accept positions acknowledged elsewhere, and leave out what it writes up to
   * there.
   *
   * @throws Refusal if it cannot continue from there
   */
  void begin() throws Refusal;

  /** With this plugin. Before anything is read. */
  default void started(OutputPlugin plugin) throws IOException {}

  /** Up to where PostgreSQL may forget. */
  Lsn flushPosition();

  /** The newest end of a transaction that was handed on. */
  Lsn newest();

  /** A transaction was handed on in part: another connection would repeat its beginning. */
  boolean hasHalf();

  /** Whether more may be read now. */
  boolean wantsMore(SlotPipeline path);

  /**
   * No more input is here, or a moment has passed.
   *
   * @param walEnd up to where PostgreSQL has found nothing more
   * @param reported the last {@link #flushPosition} that PostgreSQL got
   */
  void onPause(SlotPipeline path, Lsn walEnd, Lsn reported) throws IOException;

  /** The reader's thread is about to wait for PostgreSQL, and sends nothing until it is back. */
  default void away(boolean waits) {}
}
