package org.pgdeltastream.journal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.journal.JournalScan.Piece;
import org.pgdeltastream.journal.Segment.Boundary;

/**
 * The files of a journal, oldest first, and the buffer in front of the newest. The oldest always
 * has the end of a transaction. Under the journal's monitor.
 */
final class Segments {
  private static final int MOST_BYTES_OF_ONE = 8 << 20;
  private static final int LEAST_COUNT = 4; // so that a small journal is not dropped at once

  private final Path directory;
  private final Descriptions known;
  private final long mostBytes;
  private final long mostOfOne;
  private final List<Segment> files = new ArrayList<>();
  private final RecordBuffer buffer = new RecordBuffer();
  private Lsn start = Lsn.NONE;
  private Lsn end = Lsn.NONE;
  private @Nullable Segment endFile; // none: at the head of the first file, which is not made yet
  private long endOffset;
  private boolean open;
  private long bytes;

  Segments(Path directory, long mostBytes, Descriptions known) {
    this.directory = directory;
    this.mostBytes = mostBytes;
    this.known = known;
    this.mostOfOne = Math.min(MOST_BYTES_OF_ONE, mostBytes / LEAST_COUNT);
  }

  Lsn start() {
    return start;
  }

  Lsn end() {
    return end;
  }

  long bytes() {
    return bytes;
  }

  /** Begins again, empty, at this position. */
  void beginAt(Lsn position) {
    files.forEach(Segment::close);
    files.clear();
    buffer.clear();
    start = position;
    end = position;
    endFile = null;
    open = false;
    bytes = 0;
  }

  /** False where there is no room for it and what it belongs to. */
  boolean append(byte[] message, int from, int to, long walPosition) throws IOException {
    long wanted = (long) Segment.HEADER + to - from;
    while (bytes + wanted + (needsFile() ? known.bytes() : 0) > mostBytes) {
      if (!dropOldest()) {
        return false;
      }
    }
    if (needsFile()) {
      beginFile();
    }
    bytes += wanted;
    buffer.put(message, from, to, walPosition);
    open = true;
    return true;
  }

  private boolean needsFile() {
    return files.isEmpty() || newest().size() - newest().headEnd() >= mostOfOne;
  }

  private Segment newest() {
    return files.get(files.size() - 1);
  }

  private void beginFile() throws IOException {
    buffer.flush();
    Segment segment = Segment.create(directory);
    files.add(segment);
    buffer.writeTo(segment);
    for (byte[] description : known.all()) {
      buffer.put(description, 0, description.length);
    }
    segment.endHead();
    bytes += segment.size();
    if (!open) {
      ended(end);
    }
  }

  /** False if there is none, or if the open transaction began in it. */
  private boolean dropOldest() {
    if (files.isEmpty()) {
      return false;
    }
    do {
      dropFirst();
    } while (!files.isEmpty() && files.get(0).boundaries().isEmpty());
    if (!files.isEmpty()) {
      start = start.max(files.get(0).boundaries().get(0).end());
      return true;
    }
    start = end;
    endFile = null;
    return !open;
  }

  private void dropFirst() {
    Segment oldest = files.remove(0);
    bytes -= oldest.size();
    if (files.isEmpty()) {
      buffer.clear();
    }
    oldest.close();
  }

  /** What was appended is whole. */
  void ended(Lsn position) {
    end = position;
    open = false;
    if (!files.isEmpty()) {
      newest().ended(position);
      endFile = newest();
      endOffset = newest().size();
    }
  }

  void rollBack() throws IOException {
    if (!open) {
      return;
    }
    open = false;
    Segment last = endFile;
    if (last == null) {
      throw new IOException("A transaction of the journal has no beginning");
    }
    while (newest() != last) {
      Segment dropped = files.remove(files.size() - 1);
      bytes -= dropped.size();
      dropped.close();
    }
    bytes -= last.size() - endOffset;
    buffer.cut(last, endOffset);
  }

  /** Nobody reads what came before; not beyond the end. */
  void forgetBefore(Lsn position) {
    start = start.max(position.isAfter(end) ? end : position);
    int whole = 0;
    for (int i = 1; i < files.size(); i++) {
      List<Boundary> boundaries = files.get(i).boundaries();
      if (!boundaries.isEmpty() && !boundaries.get(0).end().isAfter(start)) {
        whole = i;
      }
    }
    for (int i = 0; i < whole; i++) {
      dropFirst();
    }
  }

  /** What is to be read for the transactions behind this position, all of it in the files. */
  JournalScan scan(Lsn after, HeapBudget budget) throws IOException {
    if (files.isEmpty() && known.bytes() > 0) {
      if (known.bytes() > mostBytes) {
        throw new IOException("PostgreSQL's descriptions alone take more than the journal may");
      }
      beginFile();
    }
    buffer.flush();
    List<Piece> pieces = new ArrayList<>();
    Segment last = endFile;
    if (last == null) {
      return new JournalScan(pieces, 0, budget.share());
    }
    int first = files.indexOf(last);
    long offset = endOffset;
    if (end.isAfter(after)) {
      first = fileOf(after);
      offset = boundary(files.get(first), after).offset();
    }
    for (int i = first; i <= files.indexOf(last); i++) {
      Segment file = files.get(i);
      long to = file == last ? endOffset : file.size();
      pieces.add(new Piece(file, i == first ? 0 : file.headEnd(), to));
    }
    return new JournalScan(pieces, offset, budget.share());
  }

  /** The last one with an end up to this position; the oldest has the start. */
  private int fileOf(Lsn after) {
    for (int i = files.size() - 1; i > 0; i--) {
      List<Boundary> boundaries = files.get(i).boundaries();
      if (!boundaries.isEmpty() && !boundaries.get(0).end().isAfter(after)) {
        return i;
      }
    }
    return 0;
  }

  private static Boundary boundary(Segment file, Lsn after) {
    Boundary last = file.boundaries().get(0);
    for (Boundary one : file.boundaries()) {
      last = one.end().isAfter(after) ? last : one;
    }
    return last;
  }
}
