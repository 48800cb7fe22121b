package org.pgdeltastream.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.pgdeltastream.support.RawClient.BINARY;
import static org.pgdeltastream.support.RawClient.CLOSE;
import static org.pgdeltastream.support.RawClient.CONTINUATION;
import static org.pgdeltastream.support.RawClient.PING;
import static org.pgdeltastream.support.RawClient.PONG;
import static org.pgdeltastream.support.RawClient.TEXT;

import jakarta.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.support.RawClient;
import org.pgdeltastream.support.StreamClient;

/** What a websocket client may rely on, down to single bytes, whoever writes its frames. */
abstract class SubscriberStory extends StoryServer {
  private static final List<String> HANDSHAKE =
      List.of(
          "Upgrade: websocket",
          "Connection: Upgrade",
          "Sec-WebSocket-Version: 13",
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");

  SubscriberStory(String websocket) {
    super(websocket);
  }

  @Test
  void answersTheHandshakeAsRfc6455HasIt() throws Exception {
    try (RawClient client = RawClient.open(streamUrl("delta_nobody1"))) {
      assertThat(client.header("Sec-WebSocket-Accept"))
          .containsExactly("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
      assertThat(client.header("Upgrade")).containsExactly("websocket");
      assertThat(client.header("Connection")).anyMatch("upgrade"::equalsIgnoreCase);
      assertThat(client.header("Sec-WebSocket-Extensions")).isEmpty();
      assertThat(client.header("Sec-WebSocket-Protocol")).isEmpty();
    }
  }

  @Test
  void agreesOnNoExtensionAndOnOurSubprotocolAlone() throws Exception {
    try (RawClient client =
        handshake(
            "Sec-WebSocket-Extensions: permessage-deflate",
            "Sec-WebSocket-Protocol: other, bearer.x, pgdeltastream.v1")) {
      assertThat(client.status()).isEqualTo(101);
      assertThat(client.header("Sec-WebSocket-Extensions")).isEmpty();
      assertThat(client.header("Sec-WebSocket-Protocol")).containsExactly("pgdeltastream.v1");
    }
    try (RawClient client = handshake("Sec-WebSocket-Protocol: other")) {
      assertThat(client.header("Sec-WebSocket-Protocol")).isEmpty();
    }
  }

  @Test
  void refusesAHandshakeThatIsNoneAndSaysWhy() throws Exception {
    assertRefused(426, "upgrade_required", "GET", "Connection: Upgrade");
    assertRefused(426, "upgrade_required", "GET", without("Sec-WebSocket-Version"));
    assertRefused(400, "bad_request", "GET", without("Sec-WebSocket-Key"));
    assertRefused(400, "bad_request", "GET", without("Connection"));
    assertRefused(405, "method_not_allowed", "POST", HANDSHAKE.toArray(new String[0]));
    try (RawClient old =
        RawClient.handshake(
            streamUrl("delta_a1"),
            0,
            "GET",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 8",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")) {
      assertThat(old.status()).isEqualTo(426);
      assertThat(old.header("Sec-WebSocket-Version")).containsExactly("13");
    }
  }

  @Test
  void servesAPageOfItsOwnOriginAndNoOther() throws Exception {
    String port = streamUrl("x").replaceFirst("^ws://[^:]*:(\\d+).*", "$1");
    try (RawClient own = handshake("Origin: http://localhost:" + port)) {
      assertThat(own.status()).isEqualTo(101);
    }
    try (RawClient other = handshake("Origin: http://evil.example")) {
      assertThat(other.status()).isEqualTo(403);
      assertThat(object(other.body()).getString("code")).isEqualTo("forbidden");
    }
  }

  @Test
  void answersPingsAlsoBetweenTheFragmentsOfAMessage() throws Exception {
    String slot = init();
    try (RawClient client = RawClient.open(streamUrl(slot))) {
      client.send(PING, "one");
      assertThat(client.next(PONG).payload()).isEqualTo("one");
      client.sendPart(TEXT, "{\"lsn\":\"zz".getBytes(UTF_8));
      client.send(PING, "x".repeat(125));
      assertThat(client.next(PONG).payload()).isEqualTo("x".repeat(125));
      client.send(PONG, "nobody asked");
      client.send(CONTINUATION, "z\"}");

      assertThat(reason(client.next(CLOSE))).startsWith("bad_ack: not an LSN (3 characters)");
    }
  }

  @Test
  void takesAnAcknowledgementInFragmentsOfSingleBytes() throws Exception {
    String slot = init();
    database().execute("insert into test_table values (3, 'three')");
    try (RawClient client = RawClient.open(streamUrl(slot))) {
      RawClient.Frame message = client.next(TEXT);
      while (message.payload().contains("\"change\":[]")) {
        message = client.next(TEXT);
      }
      assertThat(message.last()).isTrue();
      byte[] acknowledgement = ("{\"lsn\":\"" + nextLsn(message.payload()) + "\"}").getBytes(UTF_8);
      client.sendPart(TEXT, new byte[0]);
      for (byte one : acknowledgement) {
        for (byte piece : RawClient.frame(CONTINUATION, new byte[] {one})) {
          client.send(piece); // in as many packets
        }
      }
      client.send(CONTINUATION, "");
      awaitConfirmed(slot, nextLsn(message.payload()));
    }
  }

  /** Servers cut what they send into frames: not within a character, wherever it stands. */
  @Test
  void sendsTextOfAnyLengthAndAlphabetAsItIs() throws Exception {
    String slot = init();
    try (StreamClient client = stream(slot)) {
      for (int length : new int[] {400, 8_000, 30_000}) {
        for (int shift = 0; shift < 4; shift++) {
          String text = "a".repeat(shift) + "é☃😀 and plain, é too ".repeat(length / 12);
          database()
              .execute(
                  "insert into test_table values (" + (10 + length + shift) + ", '" + text + "')");
          assertThat(client.nextWithChange()).contains("\"" + text + "\"");
        }
      }
    }
  }

  /** Frames that no client may send: the numbers are the standard's, the words the server's. */
  @Test
  void closesWithTheStandardsCodeWhatIsNotTheProtocol() throws Exception {
    String slot = init();
    assertThat(closeAfter(slot, 0x81, 1, 'x')).as("without a mask").isEqualTo(1002);
    assertThat(closeAfter(slot, RawClient.frame(0xC1, new byte[1]))).isEqualTo(1002);
    assertThat(closeAfter(slot, RawClient.frame(0x83, new byte[1]))).isEqualTo(1002);
    assertThat(closeAfter(slot, RawClient.frame(0x8B, new byte[1]))).isEqualTo(1002);
    assertThat(closeAfter(slot, RawClient.frame(0x80, new byte[1])))
        .as("a continuation of nothing")
        .isEqualTo(1002);
    assertThat(
            closeAfter(
                slot, join(RawClient.frame(0x01, new byte[1]), RawClient.frame(0x81, new byte[1]))))
        .as("a message inside a message")
        .isEqualTo(1002);
    assertThat(closeAfter(slot, RawClient.frame(0x09, new byte[1])))
        .as("a ping in fragments")
        .isEqualTo(1002);
    assertThat(closeAfter(slot, RawClient.frame(0x89, new byte[126])))
        .as("a long ping")
        .isEqualTo(1002);
    assertThat(closeAfter(slot, RawClient.frame(0x88, new byte[] {0x03, (byte) 0xED})))
        .as("close code 1005")
        .isEqualTo(1002);
  }

  @Test
  void closesWithTheStandardsCodeWhatIsNotUtf8() throws Exception {
    String slot = init();
    assertThat(closeAfter(slot, RawClient.frame(0x81, new byte[] {(byte) 0xC0, (byte) 0xAF})))
        .isEqualTo(1007);
    assertThat(
            closeAfter(
                slot,
                join(
                    RawClient.frame(0x01, new byte[] {(byte) 0xE2, (byte) 0x98}),
                    RawClient.frame(0x80, new byte[] {0x41}))))
        .as("a character cut across fragments")
        .isEqualTo(1007);
  }

  @Test
  void takesMessagesOfFourKilobytesAndNoMore() throws Exception {
    String slot = init();
    byte[] fill = " ".repeat(4096).getBytes(UTF_8);
    assertThat(closeAfter(slot, RawClient.frame(0x81, fill))).as("not JSON").isEqualTo(4505);
    byte[] more = " ".repeat(4097).getBytes(UTF_8);
    assertThat(closeAfter(slot, RawClient.frame(0x81, more))).isEqualTo(1009);
    byte[] half = " ".repeat(3000).getBytes(UTF_8);
    assertThat(closeAfter(slot, join(RawClient.frame(0x01, half), RawClient.frame(0x80, half))))
        .as("in fragments")
        .isEqualTo(1009);
    assertThat(closeAfter(slot, RawClient.frame(0x82, new byte[1]))).isEqualTo(1003);
    assertThat(closeAfter(slot, RawClient.frame(0x80 | BINARY, new byte[5000]))).isIn(1003, 1009);
  }

  @Test
  void saysGoodbyeBackAndEndsTheConnectionFirst() throws Exception {
    String slot = init();
    try (RawClient client = RawClient.open(streamUrl(slot))) {
      client.send(CLOSE, new byte[] {0x0F, (byte) 0xA1, 'b', 'y', 'e'});
      assertThat(client.next(CLOSE).code()).isEqualTo(4001);
      client.awaitEnd();
    }
    try (RawClient client = RawClient.open(streamUrl(slot))) {
      client.send(CLOSE, "");
      assertThat(client.next(CLOSE).code()).isIn(1000, 1005);
      client.awaitEnd();
    }
    awaitFree(slot);
  }

  @Test
  void showsWhoStreamsASlotAndWhyTheClientLeft() throws Exception {
    String slot = init();
    try (RawClient client = RawClient.open(streamUrl(slot))) {
      awaitActive(slot);
      JsonObject shown = object(get("/v1/slots/" + slot).body()).getJsonObject("client");
      assertThat(shown.getString("address")).isEqualTo("127.0.0.1");
      assertThat(shown.getString("since")).startsWith("20");
      byte[] close = new byte[] {0x03, (byte) 0xF1, 't', 'o', 'o', ' ', (byte) 0xC2, (byte) 0x9B};
      client.send(CLOSE, close);
      client.next(CLOSE);
    }
    awaitFree(slot);
    JsonObject left = object(get("/v1/slots/" + slot).body());
    assertThat(left).doesNotContainKey("client");
    assertThat(left.getJsonObject("lastClose").getInt("code")).isEqualTo(1009);
    assertThat(left.getJsonObject("lastClose").getString("by")).isEqualTo("client");
    assertThat(left.getJsonObject("lastClose").getString("reason")).isEqualTo("too \\u009b");

    RawClient vanished = RawClient.open(streamUrl(slot));
    awaitActive(slot);
    vanished.close();
    awaitFree(slot);
    assertThat(lastClose(slot)).isEqualTo(1006);
  }

  @Test
  void dropsASlotWhoseClientHasJustClosed() throws Exception {
    for (int i = 0; i < 5; i++) {
      String slot = init();
      database().execute("insert into test_table values (" + (100 + i) + ", 'x')");
      try (RawClient client = RawClient.open(streamUrl(slot))) {
        client.next(TEXT);
        client.send(CLOSE, new byte[] {0x03, (byte) 0xE8});
        assertThat(delete("/v1/slots/" + slot).statusCode()).isEqualTo(204);
      }
    }
  }

  @Test
  void freesTheSlotOfAClientThatVanishes() throws Exception {
    String slot = init();
    RawClient cut = RawClient.open(streamUrl(slot));
    awaitActive(slot);
    cut.close();
    awaitFree(slot);
    try (RawClient half = RawClient.open(streamUrl(slot))) {
      awaitActive(slot);
      half.shutdownOutput();
      awaitFree(slot);
      half.awaitEnd();
    }
  }

  @Test
  void closesAClientThatDoesNotReadAndCutsItsConnection() throws Exception {
    String slot = init();
    database()
        .execute(
            "insert into test_table select i, repeat('x', 1000) from generate_series(10, 40000) i");
    try (RawClient client = RawClient.open(streamUrl(slot), 4096)) {
      awaitActive(slot);
      await("the stuck client to be closed")
          .atMost(Duration.ofSeconds(20))
          .pollInterval(Duration.ofMillis(100))
          .until(() -> lastClose(slot) == 4003);
      await("the connection to be cut").atMost(Duration.ofSeconds(10)).until(() -> isCut(client));
    }
    try (StreamClient client = stream(slot)) {
      assertThat(client.nextWithChange()).contains("[10,\"xxx");
    }
  }

  /** Only a write tells that the peer has reset its connection while it sent nothing. */
  private static boolean isCut(RawClient client) {
    try {
      client.send(PING, "?");
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  @Test
  void answersAPingInTheMiddleOfALargeTransaction() throws Exception {
    String slot = init();
    database()
        .execute(
            "insert into test_table select i, repeat('x', 500) from generate_series(10, 20000) i");
    try (RawClient client = RawClient.open(streamUrl(slot))) {
      assertThat(client.next(TEXT).last()).isFalse();
      client.send(PING, "now");
      StringBuilder all = new StringBuilder();
      boolean answered = false;
      RawClient.Frame frame = client.next();
      while (frame.opcode() != CONTINUATION || !frame.last()) {
        answered |= frame.opcode() == PONG && frame.payload().equals("now");
        all.append(frame.opcode() == CONTINUATION ? frame.payload() : "");
        frame = client.next();
      }
      assertThat(answered).isTrue();
      assertThat(all.indexOf("[15000,\"x")).isPositive();
    }
  }

  @Test
  void tellsAClientThatAnotherTookItsSlot() throws Exception {
    String slot = init();
    database().execute("insert into test_table values (3, 'three')");
    try (StreamClient first = stream(slot)) {
      assertThat(first.nextWithChange()).contains("three");
      try (StreamClient second = stream(slot + "&takeover=1")) {
        assertThat(first.closed().code()).isEqualTo(4509);
        assertThat(second.nextWithChange()).contains("three");
      }
    }
  }

  @Test
  void answersAnAcknowledgementOnRequestAndSaysHello() throws Exception {
    String slot = init();
    database().execute("insert into test_table values (3, 'three')");
    try (StreamClient client = stream(slot + "&hello=1")) {
      assertThat(client.next()).contains("\"slot\":\"" + slot + "\"");
      String lsn = nextLsn(client.nextWithChange());
      client.send("{\"lsn\":\"" + lsn + "\",\"reply\":true}");
      assertThat(client.next()).isEqualTo("{\"ack\":\"" + lsn + "\"}");
    }
  }

  private RawClient handshake(String... more) throws IOException {
    String[] headers = new String[HANDSHAKE.size() + more.length];
    HANDSHAKE.toArray(headers);
    System.arraycopy(more, 0, headers, HANDSHAKE.size(), more.length);
    return RawClient.handshake(streamUrl("delta_nobody1"), 0, "GET", headers);
  }

  private static String[] without(String name) {
    return HANDSHAKE.stream().filter(line -> !line.startsWith(name)).toArray(String[]::new);
  }

  private void assertRefused(int status, String code, String method, String... headers)
      throws IOException {
    try (RawClient client = RawClient.handshake(streamUrl("delta_a1"), 0, method, headers)) {
      assertThat(client.status()).isEqualTo(status);
      assertThat(object(client.body()).getString("code")).isEqualTo(code);
    }
  }

  private int closeAfter(String slot, int... bytes) throws Exception {
    byte[] sent = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      sent[i] = (byte) bytes[i];
    }
    return closeAfter(slot, sent);
  }

  private int closeAfter(String slot, byte[] bytes) throws Exception {
    try (RawClient client = RawClient.open(streamUrl(slot))) {
      client.send(bytes);
      int code = client.next(CLOSE).code();
      awaitFree(slot);
      return code;
    }
  }

  private static byte[] join(byte[]... pieces) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] piece : pieces) {
      all.writeBytes(piece);
    }
    return all.toByteArray();
  }

  private static String reason(RawClient.Frame close) {
    return close.payload().substring(2);
  }

  private int lastClose(String slot) throws Exception {
    JsonObject shown = object(get("/v1/slots/" + slot).body());
    JsonObject close = shown.containsKey("lastClose") ? shown.getJsonObject("lastClose") : null;
    return close == null ? 0 : close.getInt("code");
  }

  private void awaitActive(String slot) {
    await("the slot to be streamed").until(() -> isActive(slot));
  }

  private void awaitFree(String slot) {
    await("the slot to be free").until(() -> !isActive(slot));
  }

  private boolean isActive(String slot) throws Exception {
    return object(get("/v1/slots/" + slot).body()).getBoolean("active");
  }
}
