package org.pgdeltastream.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgdeltastream.support.RawClient.CLOSE;
import static org.pgdeltastream.support.RawClient.TEXT;

import org.junit.jupiter.api.Test;
import org.pgdeltastream.support.RawClient;

/** The WAR on a server that allows pgoutput alone, through frames of our own. */
class UpgradeServerIT extends SubscriberStory {
  UpgradeServerIT() {
    super("upgrade");
  }

  /** Through the endpoint too, but Tomcat waits longer than this test does. */
  @Test
  void endsTheConnectionOfAClientThatDoesNotAnswerAGoodbye() throws Exception {
    try (RawClient client = RawClient.open(streamUrl(init()))) {
      client.send(TEXT, "{}");
      assertThat(client.next(CLOSE).code()).isEqualTo(4505);
      client.awaitEnd();
    }
  }

  /** With the endpoint the server that closes it is the container, which tells us nothing. */
  @Test
  void showsWhyAClientWasClosedThatBrokeTheProtocol() throws Exception {
    String slot = init();
    try (RawClient client = RawClient.open(streamUrl(slot))) {
      client.send((byte) 0x81, (byte) 1, (byte) 'x');
      assertThat(client.next(CLOSE).payload())
          .endsWith("protocol_error: a client's frames must be masked");
    }
    assertThat(get("/v1/slots/" + slot).body()).contains("\"lastClose\":{\"code\":1002,");
  }
}
