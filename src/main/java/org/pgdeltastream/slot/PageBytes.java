package org.pgdeltastream.slot;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;

/**
 * A page in memory, up to a bound, until it is known that it is right. In pieces as they came: one
 * array would be copied each time it grows.
 */
public final class PageBytes extends OutputStream {
  private final List<byte[]> pieces = new ArrayList<>();
  private final int limit;
  private int size;

  PageBytes(int limit) {
    this.limit = limit;
  }

  public int size() {
    return size;
  }

  public void writeTo(OutputStream out) throws IOException {
    for (byte[] piece : pieces) {
      out.write(piece);
    }
  }

  @Override
  public void write(int one) {
    write(new byte[] {(byte) one}, 0, 1);
  }

  @Override
  public void write(byte[] source, int start, int length) {
    if (length > limit - size) {
      throw new ProblemException(
          Problem.PAYLOAD_TOO_LARGE,
          "The page is larger than " + limit + " bytes",
          "Ask for fewer rows, or raise pgdelta.snapshot-page-bytes");
    }
    pieces.add(Arrays.copyOfRange(source, start, start + length));
    size += length;
  }
}
