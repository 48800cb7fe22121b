package org.pgdeltastream.framing;

/** The header of a server's frame. Source: RFC 6455, section 5.2. */
public final class FrameHeader {
  /** Its longest. */
  public static final int MOST_BYTES = 2 + Long.BYTES;

  private static final int LAST = 0x80;

  private FrameHeader() {}

  /**
   * Writes a text frame's header to the array's beginning.
   *
   * @param first whether the frame begins its message
   * @param last whether it ends it
   * @param length of its payload, in bytes
   * @return how long the header is
   */
  public static int text(byte[] to, boolean first, boolean last, int length) {
    return write(to, 0, first ? Opcode.TEXT : Opcode.CONTINUATION, last, length);
  }

  /** Writes a header there; returns where it ends. */
  static int write(byte[] to, int start, int opcode, boolean last, int length) {
    to[start] = (byte) (last ? opcode | LAST : opcode);
    if (length < 126) {
      to[start + 1] = (byte) length;
      return start + 2;
    }
    if (length < 0x10000) {
      to[start + 1] = 126;
      return number(to, start + 2, length, Short.BYTES);
    }
    to[start + 1] = 127;
    return number(to, start + 2, length, Long.BYTES);
  }

  private static int number(byte[] to, int start, long value, int bytes) {
    int at = start;
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
      to[at++] = (byte) (value >> shift);
    }
    return at;
  }
}
