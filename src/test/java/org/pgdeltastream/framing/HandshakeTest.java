package org.pgdeltastream.framing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HandshakeTest {
  private final Map<String, List<String>> headers = new HashMap<>();
  private final Handshake handshake = new Handshake(name -> headers.getOrDefault(name, List.of()));

  HandshakeTest() {
    headers.put("Upgrade", List.of("websocket"));
    headers.put("Connection", List.of("keep-alive, Upgrade"));
    headers.put("Sec-WebSocket-Version", List.of("13"));
    headers.put("Sec-WebSocket-Key", List.of("dGhlIHNhbXBsZSBub25jZQ=="));
  }

  /** The example of RFC 6455, section 1.3. */
  @Test
  void provesThatItWasUnderstood() {
    assertThat(handshake.isAsked()).isTrue();
    assertThat(handshake.hasVersion()).isTrue();
    assertThat(handshake.isWellFormed()).isTrue();
    assertThat(handshake.accept()).isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  }

  @Test
  void findsItsWordAmongOthersAndInAnyCase() {
    headers.put("Upgrade", List.of("h2c", "foo, WebSocket"));
    headers.put("Connection", List.of("close", "UPGRADE"));
    assertThat(handshake.isAsked()).isTrue();
    assertThat(handshake.isWellFormed()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"12", "0", "13, 12", ""})
  void knowsOneVersion(String version) {
    headers.put("Sec-WebSocket-Version", List.of(version));
    assertThat(handshake.hasVersion()).isFalse();
    headers.remove("Sec-WebSocket-Version");
    assertThat(handshake.hasVersion()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25j",
        "!GhlIHNhbXBsZSBub25jZQ=="
      })
  void wantsAKeyOfSixteenBytes(String key) {
    headers.put("Sec-WebSocket-Key", List.of(key));
    assertThat(handshake.isWellFormed()).isFalse();
  }

  @Test
  void wantsOneKey() {
    headers.put(
        "Sec-WebSocket-Key", List.of("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="));
    assertThat(handshake.isWellFormed()).isFalse();
    headers.remove("Sec-WebSocket-Key");
    assertThat(handshake.isWellFormed()).isFalse();
  }

  @Test
  void wantsAConnectionThatUpgrades() {
    headers.put("Connection", List.of("keep-alive"));
    assertThat(handshake.isWellFormed()).isFalse();
  }

  @Test
  void findsASubprotocolByItsExactName() {
    headers.put("Sec-WebSocket-Protocol", List.of("bearer.x, pgdeltastream.v1"));
    assertThat(handshake.offers("pgdeltastream.v1")).isTrue();
    assertThat(handshake.offers("pgdeltastream.v2")).isFalse();
  }
}
