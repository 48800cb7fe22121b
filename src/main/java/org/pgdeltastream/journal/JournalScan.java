package org.pgdeltastream.journal;

import java.io.IOException;
import java.util.List;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.HeapShare;

/**
 * Reads a {@link Journal} once, while it is written. For one thread. If the journal drops a file
 * that the scan has still to read, the scan fails.
 */
public final class JournalScan implements MessageScan {
  private static final byte[] NOTHING = {};

  private final List<Piece> pieces;
  private final long boundary;
  private final HeapShare heap;
  private final byte[] buffer = new byte[HeapBudget.STEP];
  private int piece;
  private long position; // in the file, of what comes behind the buffer
  private int from;
  private int filled;
  private byte[] bytes = NOTHING;
  private int start;
  private int end;
  private long walPosition;

  /** What is to be read of one file. */
  record Piece(Segment file, long from, long to) {}

  /**
   * In this order.
   *
   * @param boundary of the first piece: only descriptions are wanted of what stands before
   */
  JournalScan(List<Piece> pieces, long boundary, HeapShare heap) {
    this.pieces = List.copyOf(pieces);
    this.boundary = boundary;
    this.heap = heap;
    if (!pieces.isEmpty()) {
      seek(pieces.get(0).from());
    }
  }

  /**
   * Reads a message; false at the end.
   *
   * @throws IOException if the journal has dropped it meanwhile, or the heap is used up
   */
  @Override
  public boolean next() throws IOException {
    letGo();
    while (hasMore()) {
      long offset = offset();
      need(Segment.HEADER);
      int length = RecordBuffer.length(buffer, from);
      walPosition = RecordBuffer.walPosition(buffer, from);
      from += Segment.HEADER;
      if (length < 0 || length > pieces.get(piece).to() - offset()) {
        throw new IOException("A file of the journal is damaged at " + offset);
      }
      if (piece > 0 || offset >= boundary || isDescription(length)) {
        load(length);
        return true;
      }
      skip(length);
    }
    return false;
  }

  @Override
  public byte[] bytes() {
    return bytes;
  }

  @Override
  public int start() {
    return start;
  }

  @Override
  public int end() {
    return end;
  }

  @Override
  public long walPosition() {
    return walPosition;
  }

  /** Gives back the memory; there is nothing more to read. */
  @Override
  public void close() {
    letGo();
    heap.close();
    piece = pieces.size();
  }

  private void letGo() {
    bytes = NOTHING;
    start = 0;
    end = 0;
    heap.holdAnyway(0);
  }

  private boolean hasMore() {
    while (piece < pieces.size() && offset() >= pieces.get(piece).to()) {
      piece++;
      if (piece < pieces.size()) {
        seek(pieces.get(piece).from());
      }
    }
    return piece < pieces.size();
  }

  private boolean isDescription(int length) throws IOException {
    if (length == 0) {
      return false;
    }
    need(1);
    return Descriptions.isDescription(buffer[from]);
  }

  private void load(int length) throws IOException {
    if (length > buffer.length) {
      loadLarge(length);
      return;
    }
    need(length);
    bytes = buffer;
    start = from;
    end = from + length;
    from = end;
  }

  private void loadLarge(int length) throws IOException {
    heap.awaitHold(length);
    byte[] large = new byte[length];
    int count = filled - from;
    System.arraycopy(buffer, from, large, 0, count);
    while (count < length) {
      int most = Math.min(buffer.length, length - count); // Java copies it outside the heap first
      int read = pieces.get(piece).file().read(position, large, count, most);
      position += read;
      count += read;
    }
    seek(position);
    bytes = large;
    end = length;
  }

  private void skip(int length) {
    if (length <= filled - from) {
      from += length;
      return;
    }
    seek(offset() + length);
  }

  /** Of what is read next. */
  private long offset() {
    return position - (filled - from);
  }

  private void seek(long offset) {
    position = offset;
    from = 0;
    filled = 0;
  }

  /** Has this many bytes in the buffer. */
  private void need(int count) throws IOException {
    if (count <= filled - from) {
      return;
    }
    System.arraycopy(buffer, from, buffer, 0, filled - from);
    filled -= from;
    from = 0;
    Piece now = pieces.get(piece);
    while (filled < count) {
      int most = (int) Math.min(buffer.length - filled, now.to() - position);
      int read = now.file().read(position, buffer, filled, most);
      filled += read;
      position += read;
    }
  }
}
