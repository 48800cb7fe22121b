package org.pgdeltastream.encoder;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgdeltastream.change.HeapShare;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MalformedMessageException;
import org.pgdeltastream.change.MessageOutput;

/**
 * Cuts the messages of format 1 that are larger than a client takes into messages of the same
 * shape: all but the last say {@code "more":true}, and only the last has the position. It cuts
 * between changes, so a change that is too large by itself is a message of its own. Holds no more
 * than one message of the size that the client takes; where the heap has no room for that, it sends
 * what it holds, as a smaller message.
 *
 * <p>A change begins where the text says <code>,{"kind":"</code>: inside a string the quotes would
 * be escaped, so it can stand nowhere else.
 */
public final class MessageSplitter implements MessageOutput {
  private static final Pattern HEAD =
      Pattern.compile("(\\{(?:\"xid\":\\d+,)?)(?:\"nextlsn\":\"[^\"]*\",)?([^\\[]*\"change\":\\[)");
  private static final int LONGEST_HEAD = 512;
  private static final int LONGEST_FRAME = 40; // what stands around the changes, besides the head
  private static final int FIRST = 4 * 1024;
  private static final int SLICE = 64 * 1024;
  private static final int SMALL = 2 * SLICE; // what a text may always have
  private static final int FRAME = 64; // room behind the text for what is written around changes
  private static final int KEPT = 64; // of a change that leaves in parts: its end may be the text's
  private static final byte[] NEXT_CHANGE = Ascii.bytes(",{\"kind\":\"");
  private static final byte[] MORE = Ascii.bytes("],\"more\":true}");
  private static final byte[] CLOSE = Ascii.bytes("]}");
  private static final byte[] CLOSE_BEFORE_POSITION = Ascii.bytes("],\"nextlsn\":\"");

  private final int bound;
  private final MessageOutput output;
  private final HeapShare heap;
  private byte[] text = new byte[FIRST];
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
  public MessageSplitter(int bound, MessageOutput output, HeapShare heap) {
    this.bound = bound;
    this.output = output;
    this.heap = heap;
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
    if (text.length > SMALL) {
      text = new byte[FIRST];
      heap.holdAnyway(0);
    }
  }

  @Override
  public void lastWithoutChanges(byte[] bytes, int start, int count, Lsn endLsn)
      throws IOException {
    output.lastWithoutChanges(bytes, start, count, endLsn);
  }

  /** Others need the heap: sends what it holds, as a smaller message, and keeps a small text. */
  public void giveBack() throws IOException {
    if (!open || text.length <= SMALL) {
      return;
    }
    if (changeEnd > 0) {
      sendUpTo(changeEnd);
    }
    if (length > SLICE) {
      sendPart();
    }
    text = Arrays.copyOf(text, SMALL);
    heap.holdAnyway(SMALL);
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
      makeRoom(slice);
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
    byte[] behind = Arrays.copyOfRange(text, end, end + MORE.length);
    System.arraycopy(MORE, 0, text, end, MORE.length);
    send(end + MORE.length, Lsn.NONE);
    System.arraycopy(behind, 0, text, end, behind.length);
    return restart(end + 1); // without the comma
  }

  /** The rest of the text becomes a message's beginning. */
  private int restart(int from) {
    int rest = from == 0 ? 0 : length - from;
    int before = scanned;
    System.arraycopy(text, from, text, head.length, rest); // what was sent had the head, and more
    System.arraycopy(head, 0, text, 0, head.length);
    length = head.length + rest;
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
    int from = sendParts(end);
    output.part(text, from, end - from);
    System.arraycopy(text, end, text, 0, length - end);
    length -= end;
    scanned -= end;
    partSent = true;
  }

  private void close(Lsn endLsn) throws IOException {
    boolean acknowledged = !endLsn.equals(Lsn.NONE);
    if (partSent) {
      append(Ascii.bytes(acknowledged ? "],\"nextlsn\":\"" + endLsn + "\"}" : "]}"));
      send(length, endLsn);
      return;
    }
    byte[] position = Ascii.bytes(acknowledged ? "\"nextlsn\":\"" + endLsn + "\"," : "");
    int changes = opening.length + position.length;
    System.arraycopy(text, opening.length, text, changes, length - opening.length);
    System.arraycopy(position, 0, text, opening.length, position.length);
    length += position.length;
    append(CLOSE);
    send(length, endLsn);
  }

  /** A whole message, or the end of one. */
  private void send(int end, Lsn endLsn) throws IOException {
    int from = sendParts(end);
    output.last(text, from, end - from, endLsn);
  }

  /** All but the last slice; says where that begins. */
  private int sendParts(int end) throws IOException {
    int from = 0;
    while (end - from > SLICE) {
      int cut = from + SLICE;
      while ((text[cut] & 0xC0) == 0x80) {
        cut--;
      }
      output.part(text, from, cut - from);
      from = cut;
    }
    return from;
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

  /** Where the heap has none, by sending what is there. */
  private void makeRoom(int count) throws IOException {
    if (!hasRoom(count) && changeEnd > 0) {
      sendUpTo(changeEnd);
    }
    if (!hasRoom(count)) {
      sendPart();
      hasRoom(count); // a small text may always be had
    }
  }

  private boolean hasRoom(int count) {
    int least = length + count + FRAME;
    if (least <= text.length) {
      return true;
    }
    int size = Math.max(least, Math.min(2 * text.length, bound + SMALL));
    if (size > SMALL && !heap.tryHold((long) text.length + size)) { // both, while it is copied
      size = SMALL;
    }
    if (size < least) {
      return false;
    }
    text = Arrays.copyOf(text, size);
    heap.holdAnyway(size);
    return true;
  }

  private void append(byte[] bytes, int from, int count) {
    System.arraycopy(bytes, from, text, length, count);
    length += count;
  }
}
