package org.pgdeltastream.encoder;

import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Begin;
import org.pgdeltastream.change.ChangesOutput;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MessageOutput;

/**
 * What stands around the changes of one message, on its way to the client. A small message is sent
 * whole, its position in front of its changes. A large message is sent in pieces while it grows,
 * cut between changes where possible; its position is not known before its end and comes last.
 * Where the output takes single changes, each is sent when it is whole.
 */
public final class Envelope {
  private static final byte[] CHANGES = Ascii.bytes("\"change\":[");
  private static final byte[] POSITION = Ascii.bytes("\"nextlsn\":\"");
  private static final byte[] END_POSITION = Ascii.bytes("\",");
  private static final byte[] OPEN = Ascii.bytes("{");
  private static final byte[] NOTHING = {};
  private static final byte[] CLOSE = Ascii.bytes("]}");
  private static final int LONGEST_FRAME = JsonBuffer.HEAD_SPACE;

  private final MessageOutput output;
  private final @Nullable ChangesOutput apart;
  private final JsonBuffer text = new JsonBuffer(full -> drain());
  private boolean first = true;
  private boolean partSent;
  private byte[] opening = OPEN;
  private byte[] afterPosition = NOTHING;

  /** Where the last whole change ended. */
  private int changeEnd;

  public Envelope(MessageOutput output) {
    this.output = output;
    this.apart = output instanceof ChangesOutput changes ? changes : null;
  }

  /** Where a change is written, after {@link #startChange()}. */
  public JsonBuffer text() {
    return text;
  }

  /** A transaction's message begins; its end comes after the start of its commit record. */
  void announce(Begin begin) throws IOException {
    output.begin(new Lsn(begin.commitLsn().value() + 1));
  }

  /** Begins a message of which nothing is said but its changes. */
  public void start() {
    start(OPEN, NOTHING);
  }

  /** Begins a transaction's message. */
  public void start(Head head, Begin begin) {
    if (head.isEmpty()) {
      start();
    } else {
      start(Ascii.bytes("{" + head.xid(begin)), Ascii.bytes(head.timeAndOrigin(begin)));
    }
  }

  /**
   * Begins a message.
   *
   * @param open the bracket and what comes before the position
   * @param after what comes after it, before the changes
   */
  private void start(byte[] open, byte[] after) {
    opening = open;
    afterPosition = after;
    text.reset();
    first = true;
    partSent = false;
    changeEnd = 0;
  }

  /** A change begins: its text follows in {@link #text()}. */
  public void startChange() throws IOException {
    if (apart != null) {
      if (first) {
        apart.head(opening, join(afterPosition, CHANGES));
        partSent = true; // from here on the head is the output's
      }
      apart.change();
    } else if (!first) {
      text.append(',');
    }
    first = false;
  }

  private static byte[] join(byte[] one, byte[] other) {
    byte[] both = Arrays.copyOf(one, one.length + other.length);
    System.arraycopy(other, 0, both, one.length, other.length);
    return both;
  }

  public void endChange() throws IOException {
    if (apart != null) {
      apart.part(text.bytes(), text.start(), text.length());
      text.reset();
    }
    changeEnd = text.length();
  }

  /** The end of a transaction's message. */
  public void end(Lsn endLsn) throws IOException {
    if (apart != null && !first) {
      apart.last(NOTHING, 0, 0, endLsn);
      return;
    }
    if (partSent || text.length() > JsonBuffer.BOUND - LONGEST_FRAME) {
      text.append(Ascii.bytes("],\"nextlsn\":\"" + endLsn + "\"}"));
      sendLast(endLsn);
      return;
    }
    text.append(CLOSE);
    text.prepend(CHANGES);
    text.prepend(afterPosition);
    text.prepend(END_POSITION);
    text.prependHex((int) endLsn.value());
    text.prepend(new byte[] {'/'});
    text.prependHex((int) (endLsn.value() >>> 32));
    text.prepend(POSITION);
    text.prepend(opening);
    output.last(text.bytes(), text.start(), text.length(), endLsn);
  }

  /** The end of a message that has no position. */
  public void endWithoutPosition() throws IOException {
    if (apart != null) {
      apart.last(NOTHING, 0, 0, Lsn.NONE);
      return;
    }
    text.append(CLOSE);
    sendLast(Lsn.NONE);
  }

  private void sendLast(Lsn endLsn) throws IOException {
    openIfWhole();
    drain();
    output.last(text.bytes(), text.start(), text.length(), endLsn);
  }

  private void drain() throws IOException {
    while (text.length() > JsonBuffer.BOUND) {
      openIfWhole();
      int cut = cut();
      output.part(text.bytes(), text.start(), cut);
      text.drop(cut);
      changeEnd = Math.max(0, changeEnd - cut);
    }
  }

  private void openIfWhole() {
    if (!partSent) {
      int length = text.length();
      text.prepend(CHANGES);
      text.prepend(afterPosition);
      text.prepend(opening);
      changeEnd = changeEnd == 0 ? 0 : changeEnd + text.length() - length;
      partSent = true;
    }
  }

  private int cut() {
    return changeEnd > 0 && changeEnd <= JsonBuffer.BOUND ? changeEnd : text.characterBoundary();
  }
}
