package org.pgdeltastream.journal.shared;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Tells which Relation and Type messages say something new: each record of a log has those that it
 * needs, mostly the same again.
 */
public final class NewDescriptions {
  private static final int ID_END = 1 + Integer.BYTES;

  private final Map<String, byte[]> known = new HashMap<>();
  private boolean isTypeNew; // then relations get the names of their types again

  /** Whether the message is to be decoded. */
  public boolean isNew(byte[] bytes, int start, int end) {
    byte type = bytes[start];
    if (type != 'R' && type != 'Y') {
      isTypeNew = isTypeNew && type != 'C';
      return true;
    }
    byte[] message = Arrays.copyOfRange(bytes, start, end);
    String id = Arrays.toString(Arrays.copyOf(message, ID_END));
    boolean isSame = Arrays.equals(known.put(id, message), message);
    isTypeNew |= type == 'Y' && !isSame;
    return !isSame || (type == 'R' && isTypeNew);
  }

  /** Nothing was said yet. */
  public void clear() {
    known.clear();
    isTypeNew = false;
  }
}
