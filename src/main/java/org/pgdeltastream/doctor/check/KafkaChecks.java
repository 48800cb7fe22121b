package org.pgdeltastream.doctor.check;

import java.util.List;
import java.util.stream.Stream;
import org.pgdeltastream.doctor.Check;
import org.pgdeltastream.doctor.Facts;
import org.pgdeltastream.doctor.Facts.FeedLog;
import org.pgdeltastream.doctor.Facts.Part;
import org.pgdeltastream.doctor.Finding;
import org.pgdeltastream.doctor.Fix;
import org.pgdeltastream.doctor.Fix.Who;

/** Feeds whose log is in Kafka. */
final class KafkaChecks {
  private KafkaChecks() {}

  static List<Check> all() {
    return List.of(
        Check.of("kafka_client", Part.KAFKA, KafkaChecks::client),
        Check.of("kafka_log", Part.KAFKA, KafkaChecks::lost),
        Check.of("kafka_topic", Part.KAFKA, KafkaChecks::unsafe));
  }

  private static List<Finding> client(Facts facts) {
    return facts.kafka().clientMissing()
        ? Found.error(
            "kafka_client",
            "pgdelta.kafka",
            "pgdelta.kafka is set, but Kafka's client is not in this WAR",
            Fix.of(Who.OPERATOR, "Deploy pgdeltastream-kafka.war"))
        : Found.nothing();
  }

  private static List<Finding> lost(Facts facts) {
    return facts.kafka().logs().stream()
        .flatMap(log -> log.loss().stream().flatMap(loss -> lost(log, loss)))
        .toList();
  }

  private static Stream<Finding> lost(FeedLog log, String loss) {
    return Found.error(
        "kafka_log",
        "feed " + log.feed(),
        loss,
        Fix.of(
            Who.OPERATOR,
            "Bring the topic back, or go on without what is lost: POST /v1/feeds/"
                + log.feed()
                + "/accept-gap"))
        .stream();
  }

  private static List<Finding> unsafe(Facts facts) {
    return facts.kafka().logs().stream()
        .flatMap(log -> log.warnings().stream().flatMap(warning -> unsafe(log, warning)))
        .toList();
  }

  private static Stream<Finding> unsafe(FeedLog log, String warning) {
    return Found.warning(
        "kafka_topic",
        "feed " + log.feed(),
        warning,
        Fix.of(
            Who.OPERATOR,
            "Give the topic 3 replicas, min.insync.replicas=2 and no unclean leader election"))
        .stream();
  }
}
