package org.pgdeltastream.slot.shared;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.pgdeltastream.decoder.WalDecoder;
import org.pgdeltastream.replication.wal.WalListener;

/** Hands each message on as it is. */
final class LeadDecoder implements WalDecoder {
  private static final int COMMIT_TIME = 1 + Long.BYTES; // Begin: the commit record's LSN before it

  private final Leader leader;
  private long position;

  LeadDecoder(Leader leader) {
    this.leader = leader;
  }

  /** Where the next message stands in the WAL. */
  void position(long lsn) {
    position = lsn;
  }

  @Override
  public void decode(byte[] message, int start, int end) throws IOException {
    leader.take(message, start, end, position);
  }

  @Override
  public long committedAt(byte[] message, int start, int end) {
    boolean begins = end - start >= COMMIT_TIME + Long.BYTES && message[start] == 'B';
    return begins
        ? ByteBuffer.wrap(message, start + COMMIT_TIME, Long.BYTES).getLong()
        : WalListener.NO_COMMIT_TIME;
  }

  @Override
  public boolean betweenMessages() {
    return leader.betweenTransactions();
  }

  @Override
  public boolean isFull() {
    return leader.isFull();
  }
}
