package org.pgdeltastream.slot;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.pgdeltastream.doctor.Facts.FeedLog;
import org.pgdeltastream.doctor.Facts.Kafka;
import org.pgdeltastream.journal.shared.KafkaSettings.Storage;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.slot.feed.FeedReport;
import org.pgdeltastream.slot.feed.Feeds;
import org.pgdeltastream.slot.shared.SharedReport;
import org.pgdeltastream.slot.shared.SharedState;

/** The feeds of this server whose log is in Kafka, for who looks after them. For any thread. */
final class KafkaFeeds {
  private static final String CLIENT = "org/apache/kafka/clients/producer/KafkaProducer.class";

  private final Settings settings;
  private final Feeds feeds;

  KafkaFeeds(Settings settings, Feeds feeds) {
    this.settings = settings;
    this.feeds = feeds;
  }

  /** Whether all that there are, and that the settings name, are read up to their ends. */
  boolean areNear() {
    List<FeedReport> reports = feeds.all();
    return reports.stream().allMatch(one -> one.shared().map(SharedReport::isNear).orElse(true))
        && (settings.ofFeeds().ofKafka().feedStorage() == Storage.WAL || areAllThere(reports));
  }

  private boolean areAllThere(List<FeedReport> reports) {
    Set<String> there =
        reports.stream().map(one -> one.definition().name()).collect(Collectors.toSet());
    return settings.ofFeeds().feeds().stream()
        .map(text -> text.replaceFirst("=.*", "").strip())
        .allMatch(there::contains);
  }

  /** What the doctor looks at. */
  Kafka forDoctor() {
    boolean isMissing =
        settings.ofFeeds().ofKafka().kafka().isPresent()
            && KafkaFeeds.class.getClassLoader().getResource(CLIENT) == null;
    return new Kafka(isMissing, feeds.all().stream().flatMap(one -> log(one).stream()).toList());
  }

  private static Optional<FeedLog> log(FeedReport report) {
    return report
        .shared()
        .map(log -> new FeedLog(report.definition().name(), loss(log), log.warnings()));
  }

  private static Optional<String> loss(SharedReport log) {
    boolean isLost = log.state() == SharedState.JOURNAL_LOST || log.state() == SharedState.DIVERGED;
    return isLost ? Optional.of(log.detail()) : Optional.empty();
  }
}
