package org.pgdeltastream.web;

import jakarta.websocket.RemoteEndpoint;
import jakarta.websocket.Session;
import java.io.IOException;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Whole messages through the writer of Tomcat's websocket. It encodes characters that lie in an
 * array, as its writer's do, at a fifth of what those of a String cost (StreamBenchmark W4,
 * endpoint). Parts do not go this way: a writer has one time limit for all of a message.
 */
final class TomcatText {
  /** Of bytes: for shorter messages the writer's own buffer costs more than it saves. */
  static final int LEAST = 512;

  private static final int WRITERS_BUFFER = 8192; // what is flushed may not end inside a pair

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
    while (fill(utf8) == CoderResult.OVERFLOW) {
      writer.write(characters.array(), 0, characters.position());
      writer.flush();
    }
    writer.write(characters.array(), 0, characters.position());
    writer.close(); // not after a failure: it would end half a message as if it were whole
  }

  private CoderResult fill(ByteBuffer utf8) {
    characters.clear();
    return decoder.decode(utf8, characters, true);
  }
}
