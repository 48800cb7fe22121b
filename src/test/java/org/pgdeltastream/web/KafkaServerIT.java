package org.pgdeltastream.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.slot.KafkaTopics;
import org.pgdeltastream.support.Broker;

/** A feed in Kafka over HTTP: what is shown and measured of it, and how an operator goes on. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class KafkaServerIT extends StoryServer {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final String FEED = "/v1/feeds/main";

  private final Broker broker;
  private final Map<String, String> settings;

  KafkaServerIT() throws Exception {
    super("upgrade");
    Path parent = Path.of(System.getProperty("pgdelta.test.directory", "target/it"));
    Files.createDirectories(parent);
    broker = Broker.start(Files.createTempDirectory(parent, "broker"));
    settings =
        Map.of(
            "pgdelta.kafka", broker.address(),
            "pgdelta.kafka-replicas", "1",
            "pgdelta.publications", "p");
    settings.forEach(System::setProperty);
  }

  @AfterAll
  void stopBroker() {
    broker.close();
    settings.keySet().forEach(System::clearProperty);
  }

  /**
   * The feed's slot is there, but its topic is empty: what PostgreSQL was told to forget is lost.
   */
  @Test
  void goesOnWhereALossIsAccepted() throws Exception {
    database().execute("create publication p for table test_table");
    database().execute("select pg_create_logical_replication_slot('delta_feed_main', 'pgoutput')");
    KafkaTopics.make(broker, "pgdelta.main");
    try {
      awaitState("journal_lost");
      assertThat(object(get(FEED).body()).getJsonObject("journal").getString("detail"))
          .startsWith("pgdelta.main ends at 0/0, but its slot is confirmed to ");
      assertThat(get("/v1/metrics").body())
          .contains("pgdeltastream_feed_state{feed=\"main\",state=\"journal_lost\"} 1.0\n");

      assertThat(post(FEED + "/accept-gap").statusCode()).isEqualTo(204);
      awaitState("leading");
      assertThat(object(get(FEED).body()).getString("storage")).isEqualTo("kafka");
      assertThat(get("/v1/metrics").body())
          .contains("pgdeltastream_feed_state{feed=\"main\",state=\"leading\"} 1.0\n")
          .contains("pgdeltastream_feed_near_end{feed=\"main\"} 1.0\n")
          .doesNotContain("journal_lost\"}");
      HttpResponse<String> again = post(FEED + "/accept-gap");
      assertThat(again.statusCode()).isEqualTo(409);
      assertThat(object(again.body()).getString("code")).isEqualTo("nothing_lost");
    } finally {
      delete(FEED + "?force=true");
    }
  }

  private void awaitState(String state) {
    await("the feed to be " + state)
        .atMost(SOON)
        .until(() -> object(get(FEED).body()).getString("state", "").equals(state));
  }
}
