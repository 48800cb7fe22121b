package org.pgdeltastream.decoder;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Eight bytes at a time. */
final class Longs {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;

  private Longs() {}

  static long at(byte[] bytes, int index) {
    return (long) LONGS.get(bytes, index);
  }

  /** Where the byte, which is ASCII, is first; -1 if it is not there. */
  static int indexOf(byte wanted, byte[] message, int from, int end) {
    long pattern = ONES * wanted;
    int i = from;
    for (; i + Long.BYTES <= end; i += Long.BYTES) {
      long equal = at(message, i) ^ pattern;
      long found = (equal - ONES) & ~equal & HIGH_BITS;
      if (found != 0) {
        return i + Long.numberOfTrailingZeros(found) / Byte.SIZE;
      }
    }
    for (; i < end; i++) {
      if (message[i] == wanted) {
        return i;
      }
    }
    return -1;
  }
}
