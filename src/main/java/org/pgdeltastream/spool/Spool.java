package org.pgdeltastream.spool;

import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MessageOutput;

/**
 * Messages in a temporary file. One thread writes them, then {@linkplain #finish ends} it; from
 * then on any number of {@link SpoolReader}s read, in any threads.
 *
 * <p>Not a {@code FileChannel}: interrupting one of its readers would close it for all.
 */
public final class Spool implements MessageOutput, Closeable {
  /** In front of each piece: what it is, and its length. */
  static final int HEADER = Integer.BYTES;

  static final int FIRST = 1 << 31;
  static final int LAST = 1 << 30;
  static final int KIND_SHIFT = 27;
  static final int LENGTH = (1 << KIND_SHIFT) - 1;
  private static final int BUFFER = 64 * 1024;

  /** What a message is. */
  public enum Kind {
    CHANGE(0),
    ROWS(1),
    /** Of the last message, for event streams alone: what stands before it, as it is. */
    EVENT_ID(2),
    /** The last message. */
    END(3),
    /** A line behind the last message, for lines with positions alone, as it is. */
    LINE_MARK(4);

    private final int number;

    Kind(int number) {
      this.number = number;
    }

    static Kind of(int head) {
      return values()[head >>> KIND_SHIFT & 7];
    }
  }

  /** How large all files together may be. */
  public interface Allowance {
    /** Throws if there may not be so many bytes more. */
    void take(long bytes) throws IOException;

    /** They are deleted. */
    void give(long bytes);
  }

  private final Path path;
  private final RandomAccessFile file;
  private final Allowance allowance;
  private byte[] buffer = new byte[BUFFER]; // the writer's, as is what follows
  private int filled;
  private Kind kind = Kind.ROWS;
  private boolean open; // a message
  private boolean deleted; // in the monitor
  private boolean closed; // in the monitor
  private long taken; // in the monitor
  private volatile long size;

  private Spool(Path path, Allowance allowance) throws IOException {
    this.path = path;
    this.allowance = allowance;
    this.file = new RandomAccessFile(path.toFile(), "rw");
  }

  /** A new file, with a name only as long as the system needs one. */
  public static Spool create(Path directory, Allowance allowance) throws IOException {
    Path path = Files.createTempFile(directory, "snapshot", ".spool");
    try {
      Spool spool = new Spool(path, allowance);
      spool.tryDelete();
      return spool;
    } catch (IOException e) {
      Files.deleteIfExists(path);
      throw e;
    }
  }

  /** Windows deletes no open file: there it goes when it is closed. */
  private synchronized void tryDelete() {
    try {
      Files.delete(path);
      deleted = true;
    } catch (IOException e) {
      deleted = false;
    }
  }

  /** What comes next, until another is set. */
  public void kind(Kind next) {
    kind = next;
  }

  @Override
  public void begin(Lsn earliestEnd) {}

  @Override
  public void part(byte[] bytes, int start, int length) throws IOException {
    write(bytes, start, length, false);
  }

  @Override
  public void last(byte[] bytes, int start, int length, Lsn endLsn) throws IOException {
    write(bytes, start, length, true);
  }

  private void write(byte[] bytes, int start, int length, boolean last) throws IOException {
    int head = length | kind.number << KIND_SHIFT | (open ? 0 : FIRST) | (last ? LAST : 0);
    open = !last;
    append(ByteBuffer.allocate(HEADER).putInt(head).array(), 0, HEADER);
    append(bytes, start, length);
  }

  private void append(byte[] bytes, int start, int length) throws IOException {
    if (length > BUFFER - filled) {
      flush();
    }
    if (length > BUFFER) {
      toFile(bytes, start, length);
      return;
    }
    System.arraycopy(bytes, start, buffer, filled, length);
    filled += length;
  }

  private void flush() throws IOException {
    toFile(buffer, 0, filled);
    filled = 0;
  }

  private void toFile(byte[] bytes, int start, int length) throws IOException {
    allowance.take(length);
    synchronized (this) {
      taken += length;
      checkOpen();
      file.seek(size);
      file.write(bytes, start, length);
      size += length;
    }
  }

  private void checkOpen() throws IOException {
    if (closed) {
      throw new IOException("The snapshot's file was closed");
    }
  }

  /** All was written. */
  public void finish() throws IOException {
    flush();
    buffer = new byte[0];
  }

  /** In the file. */
  public long size() {
    return size;
  }

  /** Reads what there is, no more than so much; -1 at the end. */
  synchronized int read(long offset, byte[] bytes, int length) throws IOException {
    checkOpen();
    file.seek(offset);
    return file.read(bytes, 0, length);
  }

  /** Its readers fail from now on. */
  @Override
  public synchronized void close() {
    closed = true;
    allowance.give(taken);
    taken = 0;
    try {
      file.close();
    } catch (IOException e) {
      // nobody wants what it was to hold
    }
    if (!deleted) {
      tryDelete();
    }
  }
}
