package org.pgdeltastream.change;

import java.util.Arrays;

/**
 * One row version, read in place: a view of received bytes that ends with the call it is passed to.
 * Columns count from 0, in the relation's order. Its one owner reuses it; not for two threads.
 */
public final class Tuple {
  // Instead of a start. Numbers, because storing an object costs the collector a note each time.
  private static final int NULL = -1;
  private static final int UNCHANGED_TOAST = -2;

  private byte[] bytes = new byte[0];
  private int[] starts = new int[16];
  private int[] lengths = new int[16];
  private int size;

  /** Begins a new row whose values lie in these bytes. */
  public void reset(byte[] source) {
    bytes = source;
    size = 0;
  }

  public void addNull() {
    add(NULL, 0);
  }

  public void addUnchangedToast() {
    add(UNCHANGED_TOAST, 0);
  }

  public void addText(int start, int length) {
    add(start, length);
  }

  public int size() {
    return size;
  }

  /** Hides all but the first values. */
  public void shorten(int newSize) {
    size = Math.min(size, newSize);
  }

  public ValueKind kind(int column) {
    return switch (starts[column]) {
      case NULL -> ValueKind.NULL;
      case UNCHANGED_TOAST -> ValueKind.UNCHANGED_TOAST;
      default -> ValueKind.TEXT;
    };
  }

  /** The bytes that hold the values; read only. */
  public byte[] bytes() {
    return bytes;
  }

  /** Where a TEXT value begins in {@link #bytes()}. */
  public int start(int column) {
    return starts[column];
  }

  /** How many bytes a TEXT value has. */
  public int length(int column) {
    return lengths[column];
  }

  /**
   * Becomes a copy of a row version, with the values that it left unchanged from the one before.
   */
  public void merge(Tuple newer, Tuple older) {
    int most = 0;
    for (int i = 0; i < newer.size; i++) {
      most += Math.max(0, newer.holder(i, older).lengths[i]);
    }
    reset(new byte[most]);
    int at = 0;
    for (int i = 0; i < newer.size; i++) {
      Tuple holder = newer.holder(i, older);
      if (holder.starts[i] < 0) {
        add(holder.starts[i], 0);
      } else {
        System.arraycopy(holder.bytes, holder.starts[i], bytes, at, holder.lengths[i]);
        addText(at, holder.lengths[i]);
        at += holder.lengths[i];
      }
    }
  }

  private Tuple holder(int column, Tuple older) {
    return starts[column] == UNCHANGED_TOAST && column < older.size ? older : this;
  }

  /** Whether a large value was left as it was. */
  public boolean hasUnchangedToast() {
    for (int i = 0; i < size; i++) {
      if (starts[i] == UNCHANGED_TOAST) {
        return true;
      }
    }
    return false;
  }

  private void add(int start, int length) {
    if (size == starts.length) {
      starts = Arrays.copyOf(starts, size * 2);
      lengths = Arrays.copyOf(lengths, size * 2);
    }
    starts[size] = start;
    lengths[size] = length;
    size++;
  }
}
