package org.pgdeltastream.snapshot;

import org.pgdeltastream.change.MalformedMessageException;
import org.pgdeltastream.change.Tuple;

/**
 * Reads rows of COPY's text format. Escapes are resolved in place, which is possible because a text
 * never grows. Source: manual, "COPY", Text Format. One thread; the tuple is reused.
 */
final class CopyTextParser {
  private final int columns;
  private final Tuple tuple = new Tuple();
  private byte[] row = new byte[0];
  private int end;

  CopyTextParser(int columns) {
    this.columns = columns;
  }

  /** Takes one row with its line end, and changes it; the tuple is a view of it. */
  Tuple parse(byte[] source) {
    row = source;
    end = source.length - 1;
    if (end < 0 || source[end] != '\n') {
      throw new MalformedMessageException("A row of " + source.length + " bytes has no line end");
    }
    tuple.reset(source);
    int next = 0;
    while (next <= end && tuple.size() < columns) {
      next = value(next);
    }
    boolean whole = columns == 0 ? end == 0 : next == end + 1;
    if (!whole || tuple.size() != columns) {
      throw new MalformedMessageException(
          "A row has other than " + columns + " values, seen at byte " + next);
    }
    return tuple;
  }

  /** Reads the value that begins here; answers where the next one would. */
  private int value(int start) {
    if (isNull(start)) {
      tuple.addNull();
      return start + 3;
    }
    int from = start;
    int to = start;
    while (from < end && row[from] != '\t') {
      byte unit = row[from++];
      if (unit == '\\') {
        unit = escaped(from++);
      }
      row[to++] = unit;
    }
    tuple.addText(start, to - start);
    return from + 1;
  }

  private boolean isNull(int start) {
    return start + 2 <= end
        && row[start] == '\\'
        && row[start + 1] == 'N'
        && (start + 2 == end || row[start + 2] == '\t');
  }

  private byte escaped(int at) {
    if (at >= end) {
      throw new MalformedMessageException("A row ends inside an escape, at byte " + at);
    }
    return switch (row[at]) {
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'v' -> 0x0B;
      default -> row[at]; // COPY: any other character after a backslash stands for itself
    };
  }
}
