package org.pgdeltastream.framing;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The headers that open a websocket.
 *
 * <p>Source: RFC 6455, section 4.2.
 *
 * @param headers a header's values, in the order received; empty where it is absent
 */
public record Handshake(Function<String, List<String>> headers) {
  public static final String VERSION = "13";

  private static final String APPENDIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final int KEY_BYTES = 16;
  private static final int KEY_CHARACTERS = 24;

  /** Whether the request asks for a websocket at all. */
  public boolean isAsked() {
    return items("Upgrade").anyMatch("websocket"::equalsIgnoreCase);
  }

  /** Whether it asks for the one version there is. */
  public boolean hasVersion() {
    return headers.apply("Sec-WebSocket-Version").equals(List.of(VERSION));
  }

  /** Whether the rest is as it must be. */
  public boolean isWellFormed() {
    List<String> keys = headers.apply("Sec-WebSocket-Key");
    return items("Connection").anyMatch("upgrade"::equalsIgnoreCase)
        && keys.size() == 1
        && isKey(keys.get(0));
  }

  /** Whether the client speaks this subprotocol. */
  public boolean offers(String subprotocol) {
    return items("Sec-WebSocket-Protocol").anyMatch(subprotocol::equals);
  }

  /** The proof that the handshake was understood. */
  public String accept() {
    String key = headers.apply("Sec-WebSocket-Key").get(0).strip();
    byte[] proof = (key + APPENDIX).getBytes(StandardCharsets.US_ASCII);
    try {
      return Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-1").digest(proof));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-1", e);
    }
  }

  private static boolean isKey(String key) {
    String text = key.strip();
    try {
      return text.length() == KEY_CHARACTERS
          && Base64.getDecoder().decode(text).length == KEY_BYTES;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private Stream<String> items(String header) {
    return headers.apply(header).stream()
        .flatMap(value -> Stream.of(value.split(",")))
        .map(String::strip);
  }
}
