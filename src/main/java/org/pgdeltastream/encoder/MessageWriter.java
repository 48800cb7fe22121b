package org.pgdeltastream.encoder;

import java.io.IOException;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MessageOutput;

/**
 * One message on its way to the client. A small one leaves whole, its position in front of its
 * changes. A large one leaves in pieces while it grows, cut between changes where possible; its
 * position is not known before its end and comes last.
 */
final class MessageWriter {
  private static final byte[] CHANGES = Ascii.bytes("{\"change\":[");
  private static final byte[] POSITION = Ascii.bytes("{\"nextlsn\":\"");
  private static final byte[] CHANGES_AFTER_POSITION = Ascii.bytes("\",\"change\":[");
  private static final byte[] CLOSE = Ascii.bytes("]}");
  private static final int LONGEST_FRAME = 64;

  private final MessageOutput output;
  private final JsonBuffer text = new JsonBuffer(full -> drain());
  private boolean first = true;
  private boolean partSent;

  /** Where the last whole change ended. */
  private int changeEnd;

  MessageWriter(MessageOutput output) {
    this.output = output;
  }

  /** Where a change is written, after {@link #startChange()}. */
  JsonBuffer text() {
    return text;
  }

  void begin(Lsn earliestEnd) throws IOException {
    output.begin(earliestEnd);
    start();
  }

  void start() {
    text.reset();
    first = true;
    partSent = false;
    changeEnd = 0;
  }

  void startChange() {
    if (!first) {
      text.append(',');
    }
    first = false;
  }

  void endChange() {
    changeEnd = text.length();
  }

  void end(Lsn endLsn) throws IOException {
    if (partSent || text.length() > JsonBuffer.BOUND - LONGEST_FRAME) {
      text.append(Ascii.bytes("],\"nextlsn\":\"" + endLsn + "\"}"));
      sendLast(endLsn);
      return;
    }
    text.append(CLOSE);
    text.prepend(CHANGES_AFTER_POSITION);
    text.prependHex((int) endLsn.value());
    text.prepend(new byte[] {'/'});
    text.prependHex((int) (endLsn.value() >>> 32));
    text.prepend(POSITION);
    output.last(text.bytes(), text.start(), text.length(), endLsn);
  }

  /** The end of a message that has no position. */
  void endWithoutPosition() throws IOException {
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
      text.prepend(CHANGES);
      changeEnd = changeEnd == 0 ? 0 : changeEnd + CHANGES.length;
      partSent = true;
    }
  }

  private int cut() {
    return changeEnd > 0 && changeEnd <= JsonBuffer.BOUND ? changeEnd : characterBoundary();
  }

  /** The last start of a character up to the bound; a UTF-8 character has at most four bytes. */
  private int characterBoundary() {
    byte[] bytes = text.bytes();
    for (int cut = JsonBuffer.BOUND; cut > JsonBuffer.BOUND - 4; cut--) {
      if ((bytes[text.start() + cut] & 0xC0) != 0x80) {
        return cut;
      }
    }
    return JsonBuffer.BOUND;
  }
}
