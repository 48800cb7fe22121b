package org.pgdeltastream.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgdeltastream.support.RawClient.CLOSE;
import static org.pgdeltastream.support.RawClient.TEXT;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.support.RawClient;
import org.pgdeltastream.support.TestDatabase;

/** The WAR on a server that allows pgoutput alone, through frames of our own. */
class UpgradeServerIT extends DoorStory {
  UpgradeServerIT() {
    super("upgrade");
  }

  @Override
  TestDatabase startDatabase() throws IOException {
    return TestDatabase.embedded();
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
}
