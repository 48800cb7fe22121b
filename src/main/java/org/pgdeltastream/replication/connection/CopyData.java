package org.pgdeltastream.replication.connection;

import org.pgdeltastream.change.MalformedMessageException;

/** The content of one CopyData message, where it was received. Reused; valid up to the next. */
public final class CopyData {
  private byte[] bytes = new byte[0];
  private int start;
  private int end;

  CopyData set(byte[] source, int from, int to) {
    bytes = source;
    start = from;
    end = to;
    return this;
  }

  public byte[] bytes() {
    return bytes;
  }

  public int start() {
    return start;
  }

  public int end() {
    return end;
  }

  int length() {
    return end - start;
  }

  public void need(int least) {
    if (length() < least) {
      throw new MalformedMessageException(
          "A message of COPY of " + length() + " bytes, at least " + least + " needed");
    }
  }
}
