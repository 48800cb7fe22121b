package org.pgdeltastream.encoder;

import java.io.IOException;
import java.util.Arrays;
import org.pgdeltastream.change.ChangesOutput;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MessageOutput;

/**
 * Makes messages of format 1 up to the client's limit. All but the last of a transaction say {@code
 * "more":true}, and only the last has the position. A change that is too large is a message of its
 * own. A message is sent while it grows: this holds some 128 KB, however large the messages are. So
 * a change of more than 64 KB may begin a new message although it would fit.
 */
public final class MessageSplitter implements ChangesOutput {
  private static final int PIECE = JsonBuffer.BOUND;
  private static final int LONGEST_HEAD = 512;
  private static final int LONGEST_END = 40; // what closes a message, with its position
  private static final byte[] MORE = Ascii.bytes("],\"more\":true}");
  private static final byte[] NOTHING = {};

  private final int bound;
  private final MessageOutput output;

  /** A piece behind what {@link #makeSpace} leaves, and another head before both. */
  private final byte[] text = new byte[2 * LONGEST_HEAD + 2 * PIECE];

  private byte[] opening = NOTHING;
  private byte[] rest = NOTHING;
  private boolean open;
  private int length;
  private long sent; // of this message, before the text
  private int changes; // in this message, with the one that is read
  private int lastChange; // where that begins in the text; 0 too where a part of it was sent

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
  public void head(byte[] before, byte[] after) {
    opening = before;
    rest = after;
    open = true;
    startMessage();
  }

  private void startMessage() {
    length = 0;
    append(opening, 0, opening.length);
    append(rest, 0, rest.length);
    sent = 0;
    changes = 0;
  }

  @Override
  public void change() throws IOException {
    if (changes > 0) {
      endChange(bound - LONGEST_END);
      if (sent + length > bound - LONGEST_END) {
        endMessage(length);
      } else {
        makeSpace();
        lastChange = length;
        text[length++] = ',';
      }
    }
    changes++;
  }

  /** Leaves the last change to a message of its own if it does not fit with those before it. */
  private void endChange(int limit) throws IOException {
    if (sent + length > limit && changes > 1) {
      endMessage(lastChange);
    }
  }

  /** Sends a message that ends here; what follows begins the next one. */
  private void endMessage(int end) throws IOException {
    byte[] following = Arrays.copyOfRange(text, Math.min(length, end + 1), length);
    length = end;
    append(MORE, 0, MORE.length);
    send(Lsn.NONE);
    startMessage();
    if (following.length > 0) {
      lastChange = length;
      append(following, 0, following.length);
      changes = 1;
    }
  }

  @Override
  public void part(byte[] bytes, int start, int count) throws IOException {
    if (!open) {
      output.part(bytes, start, count);
      return;
    }
    for (int from = start, left = count; left > 0; ) {
      makeSpace();
      int taken = Math.min(left, PIECE);
      append(bytes, from, taken);
      from += taken;
      left -= taken;
    }
  }

  /** Space for a piece: whole changes leave first. */
  private void makeSpace() throws IOException {
    while (length > LONGEST_HEAD + PIECE - LONGEST_END) {
      if (changes == 1) {
        sendPart(boundary(Math.min(length, PIECE)));
        lastChange = 0;
      } else if (lastChange > 0) {
        sendPart(lastChange);
      } else {
        endMessage(0);
      }
    }
  }

  private void sendPart(int end) throws IOException {
    for (int from = 0; from < end; ) {
      int cut = end - from > PIECE ? boundary(from + PIECE) : end;
      output.part(text, from, cut - from);
      from = cut;
    }
    System.arraycopy(text, end, text, 0, length - end);
    sent += end;
    length -= end;
    lastChange = Math.max(0, lastChange - end);
  }

  /** The last beginning of a character up to there. */
  private int boundary(int position) {
    int at = position;
    while (at < length && (text[at] & 0xC0) == 0x80) {
      at--;
    }
    return at;
  }

  @Override
  public void last(byte[] bytes, int start, int count, Lsn endLsn) throws IOException {
    if (!open) {
      output.last(bytes, start, count, endLsn);
      return;
    }
    byte[] position =
        endLsn.equals(Lsn.NONE) ? NOTHING : Ascii.bytes("\"nextlsn\":\"" + endLsn + "\"");
    endChange(bound - (position.length == 0 ? 2 : position.length + 3));
    text[length++] = ']';
    if (position.length > 0) {
      addPosition(position);
    }
    text[length++] = '}';
    send(endLsn);
    open = false;
  }

  /** In front of the changes, or, where they have left in part, behind them. */
  private void addPosition(byte[] position) {
    if (sent > 0) {
      text[length++] = ',';
      append(position, 0, position.length);
      return;
    }
    int at = opening.length;
    System.arraycopy(text, at, text, at + position.length + 1, length - at);
    System.arraycopy(position, 0, text, at, position.length);
    text[at + position.length] = ',';
    length += position.length + 1;
  }

  @Override
  public void lastWithoutChanges(byte[] bytes, int start, int count, Lsn endLsn)
      throws IOException {
    output.lastWithoutChanges(bytes, start, count, endLsn);
  }

  private void send(Lsn endLsn) throws IOException {
    if (length > PIECE) {
      sendPart(boundary(length - PIECE));
    }
    output.last(text, 0, length, endLsn);
  }

  private void append(byte[] bytes, int from, int count) {
    System.arraycopy(bytes, from, text, length, count);
    length += count;
  }
}
