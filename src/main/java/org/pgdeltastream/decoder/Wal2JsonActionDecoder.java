package org.pgdeltastream.decoder;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.ChangeTally;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MalformedMessageException;
import org.pgdeltastream.change.MessageOutput;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.change.option.Detail;

/**
 * Frames wal2json, format version 2, written with its positions and times: each action is a
 * message. Reads only the head of a message, and removes what the client did not ask for.
 */
public final class Wal2JsonActionDecoder implements WalDecoder {
  private static final int BOUND = 64 * 1024;
  private static final int LONGEST_HEAD = 512;
  private static final Pattern HEAD =
      Pattern.compile(
          "\\{\"action\":\"([BCIUDTM])\"(,\"xid\":(?:\\d+|null))?"
              + "(,\"timestamp\":(?:\"[^\"]*\"|null))?(,\"origin\":(?:\\d+|null))?"
              + "(,\"lsn\":\"[^\"]*\")?(,\"nextlsn\":\"([^\"]*)\")?");

  private static final int ACTION_AT = "{\"action\":\"".length();
  private static final int ACTION = 1;
  private static final int XID = 2;
  private static final int TIME = 3;
  private static final int ORIGIN = 4;
  private static final int LSN = 5;
  private static final int NEXT_LSN = 6;

  private final Matcher head = HEAD.matcher("");
  private final MessageOutput output;
  private final ChangeTally tally;
  private final boolean transactions;
  private final boolean positions;
  private final boolean times;
  private final boolean noEmptyTransactions;
  private boolean quotes;
  private boolean inTransaction;
  private boolean begun;
  private boolean changed;
  private byte[] held = {};
  private Lsn endLsn = Lsn.NONE;

  public Wal2JsonActionDecoder(ChangeOptions options, MessageOutput output, ChangeTally tally) {
    this.output = output;
    this.tally = tally;
    this.transactions = options.has(Detail.TRANSACTION);
    this.positions = options.has(Detail.LSN);
    this.times = options.has(Detail.TIMESTAMP);
    this.noEmptyTransactions = options.has(Detail.NO_EMPTY_TRANSACTIONS);
  }

  /** Quotes numbers from now on. */
  public void quoteNumbers() {
    quotes = true;
  }

  @Override
  public long committedAt(byte[] message, int start, int end) {
    boolean begins = end > start + ACTION_AT && message[start + ACTION_AT] == 'B';
    return begins ? CommitTime.of(message, start, end) : CommitTime.UNKNOWN;
  }

  @Override
  public boolean betweenMessages() {
    return !inTransaction;
  }

  @Override
  public void decode(byte[] message, int start, int end) throws IOException {
    int length = Math.min(end - start, LONGEST_HEAD);
    head.reset(new String(message, start, length, StandardCharsets.ISO_8859_1));
    if (!head.lookingAt()) {
      throw new MalformedMessageException("Not an action of wal2json at byte 0");
    }
    switch (head.group(ACTION)) {
      case "B" -> begin(head);
      case "C" -> commit(head);
      default -> change(message, start, end, head);
    }
  }

  private void begin(Matcher head) throws IOException {
    if (inTransaction) {
      throw new MalformedMessageException("Begin inside a transaction at byte 0");
    }
    endLsn = position(head);
    inTransaction = true;
    begun = false;
    changed = false;
    held = Wal2JsonDecoder.ascii(head(head) + "}");
    if (!noEmptyTransactions) {
      beginOnce();
    }
  }

  private void commit(Matcher head) throws IOException {
    if (!inTransaction) {
      throw new MalformedMessageException("Commit outside a transaction at byte 0");
    }
    inTransaction = false;
    if (!begun) {
      return;
    }
    endLsn = position(head);
    String text =
        head(head) + (positions ? "" : group(head, NEXT_LSN)); // a client cannot do without
    byte[] message = Wal2JsonDecoder.ascii(text + "}");
    if (changed) {
      output.last(message, 0, message.length, endLsn);
    } else {
      output.lastWithoutChanges(message, 0, message.length, endLsn);
    }
  }

  private void change(byte[] message, int start, int end, Matcher head) throws IOException {
    if (message[end - 1] != '}') {
      throw new MalformedMessageException(
          "An action that does not end at byte " + (end - 1 - start));
    }
    changed = true;
    count(message[start + ACTION_AT]);
    if (inTransaction) {
      beginOnce(); // a message outside transactions comes between them
    }
    if (positions && times) {
      send(message, start, end);
      return;
    }
    byte[] opening = Wal2JsonDecoder.ascii(head(head));
    int rest = start + head.end();
    if (end - rest > BOUND && !quotes) {
      output.part(opening, 0, opening.length);
      sendParts(message, rest, end);
      return;
    }
    byte[] joined = new byte[opening.length + end - rest];
    System.arraycopy(opening, 0, joined, 0, opening.length);
    System.arraycopy(message, rest, joined, opening.length, end - rest);
    send(joined, 0, joined.length);
  }

  private void count(byte action) {
    switch (action) {
      case 'I' -> tally.change(Action.INSERT);
      case 'U' -> tally.change(Action.UPDATE);
      case 'D' -> tally.change(Action.DELETE);
      case 'T' -> tally.change(Action.TRUNCATE);
      default -> tally.message();
    }
  }

  private void beginOnce() throws IOException {
    if (!begun) {
      begun = true;
      output.begin(endLsn); // not before it is known to be sent: each begin has its end
      if (transactions) {
        output.last(held, 0, held.length, Lsn.NONE);
      }
    }
  }

  private void send(byte[] message, int start, int end) throws IOException {
    if (quotes) {
      NumberQuoter numbers = new NumberQuoter();
      int rest = numbers.quote(message, start, end, output::part);
      output.last(numbers.block(), 0, rest, Lsn.NONE);
    } else {
      sendParts(message, start, end);
    }
  }

  private void sendParts(byte[] text, int start, int end) throws IOException {
    int from = start;
    while (end - from > BOUND) {
      int cut = from + BOUND;
      while ((text[cut] & 0xC0) == 0x80) {
        cut--;
      }
      output.part(text, from, cut - from);
      from = cut;
    }
    output.last(text, from, end - from, Lsn.NONE);
  }

  /** The head without what the client did not ask for. */
  private String head(Matcher head) {
    StringBuilder text = new StringBuilder("{\"action\":\"").append(head.group(ACTION)).append('"');
    text.append(group(head, XID));
    if (times) {
      text.append(group(head, TIME));
    }
    text.append(group(head, ORIGIN));
    if (positions) {
      text.append(group(head, LSN)).append(group(head, NEXT_LSN));
    }
    return text.toString();
  }

  private static String group(Matcher head, int group) {
    String found = head.group(group);
    return found == null ? "" : found;
  }

  private static Lsn position(Matcher head) {
    try {
      return Lsn.parse(String.valueOf(head.group(NEXT_LSN + 1)));
    } catch (IllegalArgumentException e) {
      throw new MalformedMessageException("No position at byte " + head.end());
    }
  }
}
