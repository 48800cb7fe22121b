package org.pgdeltastream.encoder;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MessageOutput;

/** Keeps what a client would get; refuses a piece that is not UTF-8 by itself. */
public final class RecordingOutput implements MessageOutput {
  /** A whole message, and how many bytes each of its pieces had. */
  public record Message(String text, Lsn endLsn, List<Integer> pieces) {}

  private final List<Message> messages = new ArrayList<>();
  private final ByteArrayOutputStream open = new ByteArrayOutputStream();
  private List<String> pieces = new ArrayList<>();

  @Override
  public void begin(Lsn earliestEnd) {}

  @Override
  public void part(byte[] bytes, int start, int length) {
    open.write(bytes, start, length);
    pieces.add(strict(bytes, start, length));
  }

  @Override
  public void last(byte[] bytes, int start, int length, Lsn endLsn) {
    part(bytes, start, length);
    List<Integer> lengths =
        pieces.stream().map(piece -> piece.getBytes(StandardCharsets.UTF_8).length).toList();
    messages.add(new Message(open.toString(StandardCharsets.UTF_8), endLsn, lengths));
    open.reset();
    pieces = new ArrayList<>();
  }

  public List<Message> messages() {
    return messages;
  }

  public List<String> texts() {
    return messages.stream().map(Message::text).toList();
  }

  /** The pieces of the message that has not ended yet. */
  public List<String> openPieces() {
    return pieces;
  }

  private static String strict(byte[] bytes, int start, int length) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes, start, length))
          .toString();
    } catch (CharacterCodingException e) {
      throw new AssertionError("A piece is not UTF-8", e);
    }
  }
}
