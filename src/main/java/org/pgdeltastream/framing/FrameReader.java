package org.pgdeltastream.framing;

import java.util.Arrays;
import org.pgdeltastream.framing.FrameException.Violation;

/**
 * Reads a client's frames, of bytes that come in pieces of any size, and keeps no more than one
 * message. A client's frames are masked, no extension is agreed on, and only text is taken. Not
 * thread-safe. Source: RFC 6455, sections 5 and 8.1.
 */
public final class FrameReader {
  private static final int MOST_CONTROL_BYTES = 125;
  private static final int TWO_BYTES_LENGTH = 126;
  private static final int EIGHT_BYTES_LENGTH = 127;
  private static final int MASK_BYTES = 4;
  private static final int KEPT_BYTES = 512;

  private final FrameListener listener;
  private final int mostBytes;
  private byte[] message = {}; // grows, and is kept no longer than a large message lasts
  private final byte[] control = new byte[MOST_CONTROL_BYTES];
  private final byte[] header = new byte[2 + Long.BYTES + MASK_BYTES];
  private int messageLength;
  private int controlLength;
  private int headerLength;
  private int headerWanted = 2;
  private boolean inPayload;
  private boolean messageOpen;
  private boolean ended;
  private int opcode; // of the present frame, as is all below
  private boolean last;
  private long left;
  private int maskAt; // where the key begins in the header
  private int masked; // how many bytes of the payload were unmasked

  /**
   * A reader for one connection.
   *
   * @param mostBytes that a message may have
   */
  public FrameReader(int mostBytes, FrameListener listener) {
    this.mostBytes = mostBytes;
    this.listener = listener;
  }

  /**
   * Reads on.
   *
   * @throws FrameException if the client broke a rule: nothing is read any more
   */
  public void read(byte[] bytes, int start, int length) throws FrameException {
    int at = start;
    int end = start + length;
    try {
      while (at < end && !ended) {
        at = inPayload ? readPayload(bytes, at, end) : readHeader(bytes[at], at);
      }
    } catch (FrameException e) {
      ended = true;
      throw e;
    }
  }

  private int readHeader(byte next, int at) throws FrameException {
    header[headerLength++] = next;
    if (headerLength == 2) {
      beginFrame();
    }
    if (headerLength == headerWanted) {
      beginPayload();
    }
    return at + 1;
  }

  /** Checks the first two bytes. */
  private void beginFrame() throws FrameException {
    opcode = header[0] & 0x0F;
    last = header[0] < 0; // the highest bit
    int length = header[1] & 0x7F;
    check((header[0] & 0x70) == 0, "a reserved bit is set");
    check(Opcode.isKnown(opcode), "reserved opcode " + opcode);
    check(header[1] < 0, "a client's frames must be masked");
    if (Opcode.isControl(opcode)) {
      check(last, "a control frame in fragments");
      check(length <= MOST_CONTROL_BYTES, "a control frame of more than 125 bytes");
    } else {
      boolean continues = opcode == Opcode.CONTINUATION;
      check(continues || !messageOpen, "a message inside a message");
      check(!continues || messageOpen, "the continuation of no message");
    }
    if (opcode == Opcode.BINARY) {
      throw new FrameException(Violation.BINARY, "acknowledgements are text");
    }
    maskAt = 2 + lengthBytes(length);
    headerWanted = maskAt + MASK_BYTES;
  }

  private static int lengthBytes(int length) {
    if (length < TWO_BYTES_LENGTH) {
      return 0;
    }
    return length == TWO_BYTES_LENGTH ? Short.BYTES : Long.BYTES;
  }

  private void beginPayload() throws FrameException {
    left = payloadLength();
    masked = 0;
    if (Opcode.isControl(opcode)) {
      controlLength = 0;
    } else {
      messageOpen = true;
      if (left > mostBytes - messageLength) {
        throw new FrameException(Violation.SIZE, "a message may have " + mostBytes + " bytes");
      }
    }
    inPayload = true;
    endFrameIfDone();
  }

  private long payloadLength() throws FrameException {
    int length = header[1] & 0x7F;
    if (length < TWO_BYTES_LENGTH) {
      return length;
    }
    long longer = 0;
    for (int i = 2; i < maskAt; i++) {
      longer = (longer << 8) | (header[i] & 0xFF);
    }
    check(longer >= 0, "a length below zero");
    long least = length == EIGHT_BYTES_LENGTH ? 0x10000 : TWO_BYTES_LENGTH;
    check(longer >= least, "a length that is written too long");
    return longer;
  }

  private int readPayload(byte[] bytes, int at, int end) throws FrameException {
    int length = (int) Math.min(left, end - at);
    if (Opcode.isControl(opcode)) {
      unmask(bytes, at, control, controlLength, length);
      controlLength += length;
    } else {
      if (messageLength + length > message.length) {
        int doubled = Math.min(mostBytes, 2 * message.length);
        message = Arrays.copyOf(message, Math.max(messageLength + length, doubled));
      }
      unmask(bytes, at, message, messageLength, length);
      messageLength += length;
    }
    left -= length;
    endFrameIfDone();
    return at + length;
  }

  private void unmask(byte[] from, int fromAt, byte[] to, int toAt, int length) {
    for (int i = 0; i < length; i++) {
      to[toAt + i] = (byte) (from[fromAt + i] ^ header[maskAt + (masked++ & 3)]);
    }
  }

  private void endFrameIfDone() throws FrameException {
    if (left > 0) {
      return;
    }
    inPayload = false;
    headerLength = 0;
    headerWanted = 2;
    if (Opcode.isControl(opcode)) {
      endControl();
    } else if (last) {
      String text = Utf8.text(message, 0, messageLength);
      messageOpen = false;
      messageLength = 0;
      if (message.length > KEPT_BYTES) {
        message = new byte[0];
      }
      listener.onText(text);
    }
  }

  private void endControl() throws FrameException {
    switch (opcode) {
      case Opcode.PING -> listener.onPing(Arrays.copyOf(control, controlLength));
      case Opcode.PONG -> listener.onPong();
      default -> {
        ended = true;
        byte[] answer = CloseFrame.answer(control, controlLength);
        listener.onCloseReason(Utf8.text(control, answer.length, controlLength - answer.length));
        listener.onClose(answer);
      }
    }
  }

  private static void check(boolean right, String otherwise) throws FrameException {
    if (!right) {
      throw new FrameException(Violation.PROTOCOL, otherwise);
    }
  }
}
