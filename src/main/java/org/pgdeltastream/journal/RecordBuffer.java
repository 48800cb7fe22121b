package org.pgdeltastream.journal;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.HeapBudget;

/** What is not yet written to the newest file of a journal. Under the journal's monitor. */
final class RecordBuffer {
  private static final VarHandle INT32 =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT64 =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final byte[] bytes = new byte[HeapBudget.STEP];
  private final byte[] header = new byte[Segment.HEADER];
  private @Nullable Segment file;
  private int filled;

  /** The message behind its header. */
  static byte[] record(byte[] message, int start, int end, long walPosition) {
    byte[] record = new byte[Segment.HEADER + end - start];
    header(record, end - start, walPosition);
    System.arraycopy(message, start, record, Segment.HEADER, end - start);
    return record;
  }

  private static void header(byte[] target, int length, long walPosition) {
    INT32.set(target, 0, length);
    INT64.set(target, Integer.BYTES, walPosition);
  }

  static int length(byte[] bytes, int offset) {
    return (int) INT32.get(bytes, offset);
  }

  static long walPosition(byte[] bytes, int offset) {
    return (long) INT64.get(bytes, offset + Integer.BYTES);
  }

  /** What follows goes there. */
  void writeTo(Segment newest) {
    file = newest;
  }

  void put(byte[] message, int start, int end, long walPosition) throws IOException {
    header(header, end - start, walPosition);
    put(header, 0, header.length);
    put(message, start, end);
  }

  /** A part of a record. */
  void put(byte[] source, int start, int end) throws IOException {
    for (int from = start; from < end; ) {
      int count = Math.min(end - from, bytes.length - filled);
      System.arraycopy(source, from, bytes, filled, count);
      grow(count);
      from += count;
      if (filled == bytes.length) {
        flush();
      }
    }
  }

  private void grow(int count) {
    filled += count;
    if (file != null) {
      file.resize(file.size() + count);
    }
  }

  void flush() throws IOException {
    if (file != null && filled > 0) {
      file.write(file.size() - filled, bytes, filled);
    }
    filled = 0;
  }

  /** Forgets the file and what was for it. */
  void clear() {
    file = null;
    filled = 0;
  }

  /** Forgets what stands behind this offset of an older file, or of the newest. */
  void cut(Segment newest, long offset) throws IOException {
    long inFile = newest.size() - (file == newest ? filled : 0);
    file = newest;
    filled = (int) Math.max(0, offset - inFile);
    newest.resize(offset);
    if (offset < inFile) {
      newest.truncate(offset);
    }
  }
}
