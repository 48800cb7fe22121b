package org.pgdeltastream.journal;

import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.Lsn;

/**
 * One file of the journal: descriptions, then messages, each behind its length and WAL position.
 * Its own monitor guards the file, for any thread; the journal's monitor guards all else.
 *
 * <p>Not a {@code FileChannel}: interrupting one of its readers would close it for all.
 */
final class Segment implements Closeable {
  /** In front of each message. */
  static final int HEADER = Integer.BYTES + Long.BYTES;

  private static final int INDEX_STEP = HeapBudget.STEP;

  private final Path path;
  private final RandomAccessFile file;
  private final List<Boundary> boundaries = new ArrayList<>();
  private boolean deleted;
  private boolean closed;
  private long headEnd;
  private long size;

  /** Behind this offset stands what came after the end of a transaction. */
  record Boundary(Lsn end, long offset) {}

  private Segment(Path path) throws IOException {
    this.path = path;
    this.file = new RandomAccessFile(path.toFile(), "rw");
  }

  /** A new file, with a name only as long as the system needs one. */
  static Segment create(Path directory) throws IOException {
    Path path = Files.createTempFile(directory, "journal", ".segment");
    try {
      Segment segment = new Segment(path);
      segment.tryDelete();
      return segment;
    } catch (IOException e) {
      Files.deleteIfExists(path);
      throw e;
    }
  }

  /** Windows deletes no open file: there it goes when it is closed. */
  private void tryDelete() {
    try {
      Files.delete(path);
      deleted = true;
    } catch (IOException e) {
      deleted = false;
    }
  }

  synchronized void write(long offset, byte[] bytes, int length) throws IOException {
    file.seek(offset);
    file.write(bytes, 0, length);
  }

  synchronized void truncate(long length) throws IOException {
    file.setLength(length);
  }

  /** Reads one byte at least. */
  synchronized int read(long offset, byte[] bytes, int start, int length) throws IOException {
    if (closed) {
      throw new IOException("The journal has dropped what was to be read; read it from PostgreSQL");
    }
    file.seek(offset);
    int count = file.read(bytes, start, length);
    if (count <= 0) {
      throw new IOException("A file of the journal ends at " + offset);
    }
    return count;
  }

  /** Its scans fail from now on. */
  @Override
  public synchronized void close() {
    closed = true;
    try {
      file.close();
    } catch (IOException e) {
      // nobody wants what it was to hold
    }
    if (!deleted) {
      tryDelete();
    }
  }

  /** With what is in the journal's buffer. */
  long size() {
    return size;
  }

  void resize(long bytes) {
    size = bytes;
  }

  /** What was written so far are descriptions that stand elsewhere too. */
  void endHead() {
    headEnd = size;
  }

  long headEnd() {
    return headEnd;
  }

  /** A transaction ends here. Few of them are remembered, but always the first. */
  void ended(Lsn end) {
    int count = boundaries.size();
    if (count == 0 || size - boundaries.get(count - 1).offset() >= INDEX_STEP) {
      boundaries.add(new Boundary(end, size));
    }
  }

  /** In order; those that are remembered. */
  List<Boundary> boundaries() {
    return boundaries;
  }
}
