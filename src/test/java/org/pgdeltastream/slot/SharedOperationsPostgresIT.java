package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pgdeltastream.doctor.Examination;
import org.pgdeltastream.doctor.Finding;
import org.pgdeltastream.doctor.Finding.Severity;
import org.pgdeltastream.support.Broker;
import org.pgdeltastream.support.TestDatabase;

/** What operators are told of feeds in Kafka, by health and the doctor. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class SharedOperationsPostgresIT {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final String NOWHERE = "127.0.0.1:1";

  @TempDir static Path directory;
  private static Broker broker;
  private static TestDatabase database;

  @BeforeAll
  static void start() throws Exception {
    broker = Broker.start(directory);
    database = TestDatabase.embedded();
    database.execute("create table t (id int primary key)");
  }

  @AfterAll
  static void stop() throws Exception {
    broker.close();
    database.close();
  }

  private static TestRegistry server(String kafka, String feed, String storage) {
    return new TestRegistry(
        database,
        "kafka",
        kafka,
        "kafka-replicas",
        "1",
        "feeds",
        feed,
        "feed-storage",
        storage,
        "slot-pattern",
        "delta_feed_" + feed.replaceFirst("=.*", ""));
  }

  @Test
  void isReadyOnceItHasReadItsFeedsInKafka() {
    try (TestRegistry away = server(NOWHERE, "away", "kafka");
        TestRegistry plain = server(NOWHERE, "plain", "wal");
        TestRegistry good = server(broker.address(), "good", "kafka")) {
      awaitReady(plain);
      awaitReady(good);
      assertThat(good.slots.feeds().report("good").shared().orElseThrow().isNear()).isTrue();
      away.slots.operations().status(); // PostgreSQL is there
      assertThat(away.slots.operations().wasReached(false)).isFalse();
    }
  }

  private static void awaitReady(TestRegistry server) {
    await("the server to be ready")
        .atMost(SOON)
        .until(
            () -> {
              server.slots.operations().status();
              return server.slots.operations().wasReached(true);
            });
  }

  /** A slot whose topic has nothing, as if that had been made anew. */
  @Test
  void theDoctorFindsALossAndAnUnsafeTopic() throws Exception {
    KafkaTopics.make(broker, "pgdelta.lost");
    database.execute("create publication p for all tables");
    database.execute("select pg_create_logical_replication_slot('delta_feed_lost', 'pgoutput')");
    try (TestRegistry server = server(broker.address(), "lost=p", "kafka")) {
      await("the loss to be noticed")
          .atMost(SOON)
          .until(
              () ->
                  server.slots.feeds().all().stream()
                      .anyMatch(one -> one.state().equals("journal_lost")));
      Examination examination = server.slots.operations().doctor().examine();
      assertThat(examination.passed()).contains("kafka_client");
      assertThat(found(examination, "kafka_log"))
          .singleElement()
          .satisfies(
              one -> {
                assertThat(one.severity()).isEqualTo(Severity.ERROR);
                assertThat(one.subject()).isEqualTo("feed lost");
                assertThat(one.message()).startsWith("pgdelta.lost ends at 0/0, but its slot");
              });
      assertThat(found(examination, "kafka_topic"))
          .extracting(Finding::message)
          .anyMatch(text -> text.startsWith("Topic pgdelta.lost has 1 replicas"));
    }
  }

  private static List<Finding> found(Examination examination, String check) {
    return examination.findings().stream().filter(one -> one.check().equals(check)).toList();
  }
}
