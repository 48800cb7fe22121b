package org.pgdeltastream.encoder;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MalformedMessageException;
import org.pgdeltastream.change.MessageOutput;

/**
 * Cuts the messages of format 1 that are larger than a client takes into messages of the same
 * shape: all but the last say {@code "more":true}, and only the last has the position. It cuts
 * between changes, so a change that is too large by itself is a message of its own. Holds no more
 * than one message of the size that the client takes.
 *
 * <p>A change begins where the text says <code>,{"kind":"</code>: inside a string the quotes would
 * be escaped, so it can stand nowhere else.
 */
public final class MessageSplitter implements MessageOutput {
  private static final Pattern HEAD =
      Pattern.compile("(\\{(?:\"xid\":\\d+,)?)(?:\"nextlsn\":\"[^\"]*\",)?([^\\[]*\"change\":\\[)");
  private static final int LONGEST_HEAD = 512;
  private static final int LONGEST_FRAME = 40; // what stands around the changes, besides the head
  private static final int SLICE = 64 * 1024;
  private static final int KEPT = 64; // of a change that leaves in parts: its end may be the text's
  private static final byte[] NEXT_CHANGE = Ascii.bytes(",{\"kind\":\"");
  private static final byte[] MORE = Ascii.bytes("],\"more\":true}");
  private static final byte[] CLOSE = Ascii.bytes("]}");
  private static final byte[] CLOSE_BEFORE_POSITION = Ascii.bytes("],\"nextlsn\":\"");

  private final int bound;
  private final MessageOutput output;
  private byte[] text = new byte[4 * 1024];
  private int length;
  private byte[] opening = {};
  private byte[] head = {};
  private boolean open;

  /** How much text may stand here when a message is cut. */
  private int limit;

  /** Where the last whole change ended, 0 if none has. */
  private int changeEnd;

  private int scanned;
  private boolean partSent;

  /**
   * Splits for one client.
   *
   * @param bound how many bytes a message may have that holds more than one change
   */
  public MessageSplitter(int bound, MessageOutput output) {
    this.bound = bound;
    this.output = output;
  }

  @Override
  public void begin(Lsn earliestEnd) throws IOException {
    output.begin(earliestEnd);
  }

  @Override
  public void part(byte[] bytes, int start, int count) throws IOException {
    take(bytes, start, count);
  }

  @Override
  public void last(byte[] bytes, int start, int count, Lsn endLsn) throws IOException {
    if (!open && count <= bound) {
      output.last(bytes, start, count, endLsn);
      return;
    }
    take(bytes, start, count);
    length = changesEnd();
    if (length > limit && changeEnd > 0) {
      sendUpTo(changeEnd);
    }
    close(endLsn);
    open = false;
  }

  @Override
  public void lastWithoutChanges(byte[] bytes, int start, int count, Lsn endLsn)
      throws IOException {
    output.lastWithoutChanges(bytes, start, count, endLsn);
  }

  /** The encoder and the decoder never cut inside a head. */
  private void take(byte[] bytes, int start, int count) throws IOException {
    int from = start;
    if (!open) {
      int headCount = Math.min(count, LONGEST_HEAD);
      from += open(new String(bytes, start, headCount, StandardCharsets.ISO_8859_1));
    }
    int end = start + count;
    while (from < end) {
      int slice = Math.min(end - from, SLICE);
      append(bytes, from, slice);
      from += slice;
      cut();
    }
  }

  private int open(String beginning) {
    Matcher found = HEAD.matcher(beginning);
    if (!found.lookingAt()) {
      throw new MalformedMessageException("Not the head of a message at byte 0");
    }
    opening = Ascii.bytes(found.group(1));
    head = Ascii.bytes(found.group(1) + found.group(2));
    limit = bound - LONGEST_FRAME;
    open = true;
    restart(0);
    return found.end();
  }

  /** Sends what is full, as far as the text goes. */
  private void cut() throws IOException {
    for (; scanned + NEXT_CHANGE.length <= length; scanned++) {
      if (text[scanned] == ',' && isNextChange(scanned)) {
        changeEndsAt(scanned);
      }
    }
    if (length > limit + KEPT && changeEnd > 0) {
      sendUpTo(changeEnd);
    }
    if (length > limit + SLICE + KEPT) {
      sendPart();
    }
  }

  private void changeEndsAt(int position) throws IOException {
    int at = position;
    if (at > limit && changeEnd > 0) {
      at -= sendUpTo(changeEnd);
    }
    changeEnd = at;
    if (at > limit || partSent) {
      sendUpTo(at);
    }
  }

  /** A message that is not the last; says how far the rest has moved to the front. */
  private int sendUpTo(int end) throws IOException {
    byte[] whole = Arrays.copyOf(text, end + MORE.length);
    System.arraycopy(MORE, 0, whole, end, MORE.length);
    output.last(whole, 0, whole.length, Lsn.NONE);
    return restart(end + 1); // without the comma
  }

  /** The rest of the text becomes a message's beginning. */
  private int restart(int from) {
    int rest = from == 0 ? 0 : length - from;
    int before = scanned;
    byte[] kept = Arrays.copyOfRange(text, from, from + rest);
    length = 0;
    append(head, 0, head.length);
    append(kept, 0, rest);
    partSent = false;
    changeEnd = 0;
    int shift = from - head.length;
    scanned = from == 0 ? head.length : Math.max(head.length, before - shift);
    return shift;
  }

  /** A change that is too large by itself. */
  private void sendPart() throws IOException {
    int end = length - KEPT;
    while ((text[end] & 0xC0) == 0x80) {
      end--;
    }
    output.part(text, 0, end);
    System.arraycopy(text, end, text, 0, length - end);
    length -= end;
    scanned -= end;
    partSent = true;
  }

  private void close(Lsn endLsn) throws IOException {
    boolean acknowledged = !endLsn.equals(Lsn.NONE);
    if (partSent) {
      append(Ascii.bytes(acknowledged ? "],\"nextlsn\":\"" + endLsn + "\"}" : "]}"));
      output.last(text, 0, length, endLsn);
      return;
    }
    byte[] position = Ascii.bytes(acknowledged ? "\"nextlsn\":\"" + endLsn + "\"," : "");
    byte[] changes = Arrays.copyOfRange(text, opening.length, length);
    length = opening.length;
    append(position);
    append(changes);
    append(CLOSE);
    output.last(text, 0, length, endLsn);
  }

  /** Where the changes end: before the brackets, or before the position if it comes last. */
  private int changesEnd() {
    int from = Math.max(0, length - LONGEST_FRAME - CLOSE_BEFORE_POSITION.length);
    String end = new String(text, from, length - from, StandardCharsets.ISO_8859_1);
    int at =
        end.endsWith("]}")
            ? end.length() - CLOSE.length
            : end.lastIndexOf(new String(CLOSE_BEFORE_POSITION, StandardCharsets.US_ASCII));
    if (at < 0) {
      throw new MalformedMessageException("A message that does not end");
    }
    return from + at;
  }

  private boolean isNextChange(int at) {
    return Arrays.equals(text, at, at + NEXT_CHANGE.length, NEXT_CHANGE, 0, NEXT_CHANGE.length);
  }

  private void append(byte[] bytes) {
    append(bytes, 0, bytes.length);
  }

  private void append(byte[] bytes, int from, int count) {
    if (count > text.length - length) {
      text = Arrays.copyOf(text, Math.max(text.length * 2, length + count));
    }
    System.arraycopy(bytes, from, text, length, count);
    length += count;
  }
}
