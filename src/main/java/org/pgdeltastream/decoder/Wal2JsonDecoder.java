package org.pgdeltastream.decoder;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.ChangeTally;
import org.pgdeltastream.change.ChangesOutput;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MalformedMessageException;
import org.pgdeltastream.change.MessageOutput;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.change.option.Detail;

/**
 * Frames wal2json, format version 1, written with its positions and times and without blanks, whole
 * or in chunks: the chunks of a transaction go on untouched, joined to one message. Only the head
 * is read; a time that the client did not ask for is taken out of it.
 *
 * <p>Chunks of a transaction: <code>{"nextlsn":"0/1A1DB18","timestamp":"…","change":[</code> ·
 * <code>{…}</code> · <code>,{…}</code> · <code>]}</code>. A message outside transactions is one
 * chunk without a position.
 */
public final class Wal2JsonDecoder implements WalDecoder {
  private static final int BOUND = 64 * 1024;
  private static final int LONGEST_HEAD = 512;
  private static final Pattern HEAD =
      Pattern.compile(
          "\\{(?:\"xid\":\\d+,)?\"nextlsn\":\"([^\"]*)\",(\"timestamp\":\"[^\"]*\",)?"
              + "(?:\"origin\":\\d+,)?\"change\":\\[");
  private static final int TIME = 2; // its group
  private static final byte[] ALONE = ascii("{\"change\":[{\"kind\":\"message\",");

  /** wal2json up to 2.5 does not reset its count after a transaction of several changes. */
  private static final byte[] ALONE_AFTER_COMMA = ascii("{\"change\":[,{\"kind\":\"message\",");

  private static final byte[] CHANGE = ascii("{\"kind\":\"");
  private static final byte[] NEXT_CHANGE = ascii(",{\"kind\":\"");
  private static final int SHORTEST = 20; // a change is longer
  private static final byte[] CLOSE = ascii("]}");
  private static final byte[] POSITION = ascii("\"nextlsn\":\"");

  private final boolean noEmptyTransactions;
  private final boolean times;
  private final MessageOutput output;
  private final ChangeTally tally;
  private final @Nullable ChangesOutput apart;
  private final int bound;
  private final byte[] gathered;
  private int length;
  private boolean open;
  private boolean empty;
  private Optional<NumberQuoter> quoter = Optional.empty();
  private Lsn endLsn = Lsn.NONE;
  private int timeStart; // in the head that was read last
  private int timeEnd;
  private int positionStart; // in what was gathered of it
  private int positionEnd;

  public Wal2JsonDecoder(ChangeOptions options, MessageOutput output, ChangeTally tally) {
    this(options, output, tally, BOUND);
  }

  Wal2JsonDecoder(ChangeOptions options, MessageOutput output, ChangeTally tally, int bound) {
    this.noEmptyTransactions = options.has(Detail.NO_EMPTY_TRANSACTIONS);
    this.times = options.has(Detail.TIMESTAMP);
    this.output = output;
    this.tally = tally;
    this.apart = output instanceof ChangesOutput changes ? changes : null;
    this.bound = bound;
    this.gathered = new byte[bound + 1]; // one more, to see whether a character ends at the bound
  }

  /** Quotes numbers from now on. */
  public void quoteNumbers() {
    quoter = Optional.of(new NumberQuoter());
  }

  @Override
  public long committedAt(byte[] message, int start, int end) {
    return open ? CommitTime.UNKNOWN : CommitTime.of(message, start, end);
  }

  @Override
  public boolean betweenMessages() {
    return !open;
  }

  @Override
  public void decode(byte[] message, int start, int end) throws IOException {
    if (open) {
      chunk(message, start, end);
      return;
    }
    if (alone(message, start, end, ALONE) || alone(message, start, end, ALONE_AFTER_COMMA)) {
      return;
    }
    int headEnd = head(message, start, end);
    if (headEnd < end) {
      whole(message, start, headEnd, end);
      return;
    }
    if (!noEmptyTransactions) {
      output.begin(endLsn);
    }
    open = true;
    empty = true;
    gatherHead(message, start, headEnd);
  }

  private boolean alone(byte[] message, int start, int end, byte[] head) throws IOException {
    if (!startsWith(message, start, end, head) || !endsWith(message, start, end, CLOSE)) {
      return false;
    }
    tally.message();
    gather(ALONE, 0, ALONE.length);
    gather(message, start + head.length, end);
    last(Lsn.NONE);
    return true;
  }

  /** A transaction that was not written in chunks. */
  private void whole(byte[] message, int start, int headEnd, int end) throws IOException {
    boolean hasChanges = startsWith(message, headEnd, end, CHANGE);
    if (!endsWith(message, headEnd, end, CLOSE) || (!hasChanges && headEnd + CLOSE.length < end)) {
      throw new MalformedMessageException(
          "Not a transaction of wal2json at byte " + (headEnd - start));
    }
    if (hasChanges || !noEmptyTransactions) {
      output.begin(endLsn);
      empty = !hasChanges;
      countAll(message, headEnd, end);
      gatherHead(message, start, headEnd);
      gatherChanges(message, headEnd, end);
      sendEnd();
    }
  }

  private void chunk(byte[] message, int start, int end) throws IOException {
    boolean closes = Arrays.equals(message, start, end, CLOSE, 0, CLOSE.length);
    if (!closes
        && !startsWith(message, start, end, CHANGE)
        && !startsWith(message, start, end, NEXT_CHANGE)) {
      throw new MalformedMessageException("Not a change of wal2json at byte 0");
    }
    if (closes) {
      open = false;
      close(message, start, end);
      return;
    }
    count(message, message[start] == ',' ? start + 1 : start, end);
    if (empty && noEmptyTransactions) {
      output.begin(endLsn); // not before it is known to be sent: each begin has its end
    }
    if (apart == null) {
      gatherChanges(message, start, end);
    } else {
      change(apart, message, message[start] == ',' ? start + 1 : start, end);
    }
    empty = false;
  }

  /** Raw quotes do not occur inside a text: it is a key. */
  private void countAll(byte[] message, int start, int end) {
    for (int at = start; at <= end - CHANGE.length; at++) {
      if (message[at] == '{' && startsWith(message, at, end, CHANGE)) {
        count(message, at, end);
        at += SHORTEST;
      }
    }
  }

  private void count(byte[] message, int start, int end) {
    switch (start + CHANGE.length < end ? message[start + CHANGE.length] : 0) {
      case 'i' -> tally.change(Action.INSERT);
      case 'u' -> tally.change(Action.UPDATE);
      case 'd' -> tally.change(Action.DELETE);
      case 't' -> tally.change(Action.TRUNCATE);
      default -> tally.message();
    }
  }

  /** With the first change it is known that the head is sent. */
  private void change(ChangesOutput changes, byte[] message, int start, int end)
      throws IOException {
    if (empty) {
      changes.head(
          Arrays.copyOf(gathered, positionStart),
          Arrays.copyOfRange(gathered, positionEnd, length));
      length = 0;
    }
    changes.change();
    gatherChanges(message, start, end);
    changes.part(gathered, 0, length);
    length = 0;
  }

  private void gatherChanges(byte[] message, int start, int end) throws IOException {
    if (quoter.isPresent()) {
      NumberQuoter numbers = quoter.get();
      int rest =
          numbers.quote(
              message, start, end, (text, from, count) -> gather(text, from, from + count));
      gather(numbers.block(), 0, rest);
    } else {
      gather(message, start, end);
    }
  }

  private void close(byte[] message, int start, int end) throws IOException {
    if (empty && noEmptyTransactions) {
      length = 0; // a head is shorter than the bound: nothing of it was sent
      return;
    }
    if (apart == null || empty) {
      gather(message, start, end);
    }
    sendEnd();
  }

  private void sendEnd() throws IOException {
    if (empty) {
      int count = length;
      length = 0;
      output.lastWithoutChanges(gathered, 0, count, endLsn);
    } else {
      last(endLsn);
    }
  }

  /** Reads where the transaction ends; returns where its changes begin. */
  private int head(byte[] message, int start, int end) {
    int length = Math.min(end - start, LONGEST_HEAD);
    Matcher head = HEAD.matcher(new String(message, start, length, StandardCharsets.ISO_8859_1));
    if (!head.lookingAt()) {
      throw new MalformedMessageException("Not the head of a wal2json message at byte 0");
    }
    try {
      endLsn = Lsn.parse(head.group(1));
      timeStart = start + Math.max(0, head.start(TIME));
      timeEnd = start + Math.max(0, head.end(TIME));
      positionStart = head.start(1) - POSITION.length;
      positionEnd = head.end(1) + 2; // behind its quote and comma
      return start + head.end();
    } catch (IllegalArgumentException e) {
      throw new MalformedMessageException("No position at byte " + head.start(1));
    }
  }

  private void gatherHead(byte[] message, int start, int end) throws IOException {
    if (times) {
      gather(message, start, end);
    } else {
      gather(message, start, timeStart);
      gather(message, timeEnd, end);
    }
  }

  private void gather(byte[] message, int start, int end) throws IOException {
    int from = start;
    while (from < end) {
      int count = Math.min(end - from, gathered.length - length);
      System.arraycopy(message, from, gathered, length, count);
      length += count;
      from += count;
      if (length > bound) {
        part();
      }
    }
  }

  private void part() throws IOException {
    int cut = characterBoundary();
    output.part(gathered, 0, cut);
    System.arraycopy(gathered, cut, gathered, 0, length - cut);
    length -= cut;
  }

  private void last(Lsn position) throws IOException {
    int count = length;
    length = 0;
    output.last(gathered, 0, count, position);
  }

  /** The last start of a character up to the bound; a UTF-8 character has at most four bytes. */
  private int characterBoundary() {
    for (int cut = bound; cut > bound - 4; cut--) {
      if ((gathered[cut] & 0xC0) != 0x80) {
        return cut;
      }
    }
    return bound;
  }

  private static boolean startsWith(byte[] message, int start, int end, byte[] prefix) {
    int to = start + prefix.length;
    return to <= end && Arrays.equals(message, start, to, prefix, 0, prefix.length);
  }

  private static boolean endsWith(byte[] message, int start, int end, byte[] suffix) {
    int from = end - suffix.length;
    return from >= start && Arrays.equals(message, from, end, suffix, 0, suffix.length);
  }

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
