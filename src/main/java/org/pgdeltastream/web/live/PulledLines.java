package org.pgdeltastream.web.live;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgdeltastream.change.Lsn;

/**
 * Finds the ends of messages that come as lines, and the position of those that end a transaction:
 * at a line's very beginning or very end, where no value of a row can stand.
 */
final class PulledLines {
  private static final int KEPT = 96;
  private static final Pattern BEGINNING =
      Pattern.compile("\\{(?:\"xid\":\\d+,)?\"nextlsn\":\"([0-9A-F]+/[0-9A-F]+)\",");
  private static final Pattern END =
      Pattern.compile(",\"nextlsn\":\"([0-9A-F]+/[0-9A-F]+)\"\\}\\s*$");

  private final byte[] head = new byte[KEPT];
  private final byte[] tail = new byte[KEPT];
  private int headLength;
  private int tailLength;
  private boolean starts = true;

  /** Where the present line ends, behind its line break; -1 if it goes on. */
  int endOf(byte[] bytes, int start, int end) {
    if (starts) {
      headLength = 0;
      tailLength = 0;
    }
    int at = start;
    while (at < end && bytes[at] != '\n') {
      at++;
    }
    keep(bytes, start, at);
    starts = at < end;
    return at < end ? at + 1 : -1;
  }

  private void keep(byte[] bytes, int start, int end) {
    int more = Math.min(KEPT - headLength, end - start);
    System.arraycopy(bytes, start, head, headLength, more);
    headLength += more;
    int count = Math.min(KEPT, end - start);
    int old = Math.min(tailLength, KEPT - count);
    System.arraycopy(tail, tailLength - old, tail, 0, old);
    System.arraycopy(bytes, end - count, tail, old, count);
    tailLength = old + count;
  }

  /** The position of the line that has just ended; NONE if it does not end a transaction. */
  Lsn position() {
    Matcher found = BEGINNING.matcher(text(head, headLength));
    if (found.lookingAt()) {
      return Lsn.parse(found.group(1));
    }
    Matcher last = END.matcher(text(tail, tailLength));
    return last.find() ? Lsn.parse(last.group(1)) : Lsn.NONE;
  }

  private static String text(byte[] bytes, int length) {
    return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
  }
}
