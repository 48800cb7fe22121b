package org.pgdeltastream.slot.feed;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.pgdeltastream.change.HeapShare;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.decoder.WalDecoder;
import org.pgdeltastream.feed.Router;
import org.pgdeltastream.journal.Journal;
import org.pgdeltastream.slot.shared.FollowTarget;
import org.pgdeltastream.slot.view.Delivered;

/**
 * Notes each message of pgoutput in the journal before it is decoded. A transaction that the
 * journal has already is not noted again.
 */
final class FeedDecoder implements FollowTarget.Decoder {
  private static final int END_LSN = 1 + 1 + Long.BYTES; // Commit: flags and commit LSN before it
  private static final int XID = 1 + Long.BYTES + Long.BYTES; // Begin: LSN and time before it
  private static final int MESSAGE_LSN = 1 + 1; // Message: flags before it

  private final WalDecoder decoder;
  private final HeapShare heap;
  private final Journal journal;
  private final Router router;
  private final Delivered delivered;
  private final Consumer<Lsn> ended;
  private boolean repeats;
  private boolean inside; // a transaction
  private long position;
  private int xid; // of the open transaction

  /**
   * In front of a decoder.
   *
   * @param heap what the decoder holds
   * @param ended is told up to where all was routed, behind each transaction
   */
  FeedDecoder(
      WalDecoder decoder,
      HeapShare heap,
      Journal journal,
      Router router,
      Delivered delivered,
      Consumer<Lsn> ended) {
    this.decoder = decoder;
    this.heap = heap;
    this.journal = journal;
    this.router = router;
    this.delivered = delivered;
    this.ended = ended;
  }

  HeapShare heap() {
    return heap;
  }

  @Override
  public void position(long lsn) {
    position = lsn;
    router.position(lsn);
  }

  @Override
  public void decode(byte[] message, int start, int end) throws IOException {
    byte type = end > start ? message[start] : 0;
    if (type == 'B' && end - start >= XID + Integer.BYTES) {
      xid = ByteBuffer.wrap(message, start + XID, Integer.BYTES).getInt();
      repeats = router.head().isAfter(lsn(message, start + 1));
    }
    boolean isAlone = !inside && isAlone(message, start, end);
    boolean isOld = isAlone && !lsn(message, start + MESSAGE_LSN).isAfter(router.head());
    if (!(repeats || isOld) || type == 'R' || type == 'Y') {
      journal.append(message, start, end, position);
    }
    boolean ends = type == 'C' && end - start >= END_LSN + Long.BYTES;
    Lsn endLsn = ends ? lsn(message, start + END_LSN) : Lsn.NONE;
    if (ends && !repeats) {
      journal.transactionEnded(endLsn); // first: who is placed then may read it there
    }
    if (ends) {
      delivered.add(xid); // before it is sent
    }
    inside = !ends && (inside || type == 'B');
    decoder.decode(message, start, end);
    if (isAlone && !isOld) {
      journal.transactionEnded(lsn(message, start + MESSAGE_LSN)); // as the router has it
    }
    if (ends || isAlone) {
      isRouted(endLsn);
    }
  }

  /** Last: PostgreSQL may be told of it, and does not send it again then. */
  private void isRouted(Lsn endLsn) {
    router.movedTo(endLsn); // where it had no change
    repeats = false;
    ended.accept(router.head());
  }

  private static boolean isAlone(byte[] message, int start, int end) {
    return end - start > MESSAGE_LSN + Long.BYTES
        && message[start] == 'M'
        && (message[start + 1] & 1) == 0;
  }

  private static Lsn lsn(byte[] message, int at) {
    return new Lsn(ByteBuffer.wrap(message, at, Long.BYTES).getLong());
  }

  @Override
  public long committedAt(byte[] message, int start, int end) {
    return decoder.committedAt(message, start, end);
  }

  @Override
  public boolean betweenMessages() {
    return decoder.betweenMessages();
  }

  @Override
  public boolean isFull() {
    return decoder.isFull();
  }

  @Override
  public void close() {
    heap.close();
  }
}
