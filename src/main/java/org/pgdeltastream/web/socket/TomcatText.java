package org.pgdeltastream.web.socket;

import jakarta.websocket.RemoteEndpoint;
import jakarta.websocket.Session;
import java.io.IOException;
import java.io.Writer;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Whole messages through the writer of Tomcat's websocket. It encodes characters that lie in an
 * array, as its writer's do, at less than half of what those of a String cost (StreamBenchmark W4,
 * endpoint). Parts do not go this way: a writer has one time limit for all of a message.
 */
final class TomcatText {
  /** Of bytes: for shorter messages the writer's own buffer costs more than it saves. */
  static final int LEAST = 512;

  private static final VarHandle EIGHT_BYTES =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
  private static final long NOT_ASCII = 0x8080808080808080L;

  /** In characters, as Tomcat has it: what the writer flushes may not end inside a pair. */
  private static final int WRITERS_BUFFER =
      Integer.getInteger("org.apache.tomcat.websocket.DEFAULT_BUFFER_SIZE", 8192);

  private final RemoteEndpoint.Basic remote;
  private final CharBuffer characters = CharBuffer.allocate(WRITERS_BUFFER);
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);

  TomcatText(RemoteEndpoint.Basic remote) {
    this.remote = remote;
  }

  static boolean isFor(Session session) {
    return session.getClass().getName().startsWith("org.apache.tomcat.");
  }

  void send(byte[] bytes, int start, int length) throws IOException {
    ByteBuffer utf8 = ByteBuffer.wrap(bytes, start, length);
    decoder.reset();
    Writer writer = remote.getSendWriter();
    while (!fill(bytes, utf8, start + length)) {
      writer.write(characters.array(), 0, characters.position());
      writer.flush();
    }
    writer.write(characters.array(), 0, characters.position());
    writer.close(); // not after a failure: it would end half a message as if it were whole
  }

  /** Whether all had room. */
  private boolean fill(byte[] bytes, ByteBuffer utf8, int end) {
    characters.clear();
    CoderResult result = CoderResult.UNDERFLOW;
    while (result.isUnderflow() && utf8.position() < end) {
      utf8.limit(plainAgain(bytes, utf8.position(), end));
      result = decoder.decode(utf8, characters, true);
    }
    return result.isUnderflow();
  }

  /**
   * Where ASCII begins again, after what comes first: from there the decoder is quick, until it
   * meets anything else (StreamBenchmark W4, endpoint).
   */
  private static int plainAgain(byte[] bytes, int start, int end) {
    int at = start;
    while (at + Long.BYTES <= end && isPlain(bytes, at)) {
      at += Long.BYTES;
    }
    while (at + Long.BYTES <= end && !isPlain(bytes, at)) {
      at += Long.BYTES;
    }
    return at + Long.BYTES <= end ? at : end;
  }

  private static boolean isPlain(byte[] bytes, int at) {
    return ((long) EIGHT_BYTES.get(bytes, at) & NOT_ASCII) == 0;
  }
}
