package org.pgdeltastream.journal.kafka;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.journal.shared.KafkaSettings;
import org.pgdeltastream.journal.shared.LogEnd;
import org.pgdeltastream.journal.shared.LogException;
import org.pgdeltastream.journal.shared.LogReader;
import org.pgdeltastream.journal.shared.LogRecord;
import org.pgdeltastream.journal.shared.LogWriter;
import org.pgdeltastream.journal.shared.SharedLog;

/** A topic with one partition. */
public final class KafkaLog implements SharedLog {
  static final int PARTITION = 0;
  static final String HEADER = "h";

  private final KafkaSettings settings;
  private final KafkaClients clients;
  private final String name;
  private final KafkaTopic topic;
  private volatile List<String> warnings = List.of();

  /**
   * Of a feed.
   *
   * @throws IllegalArgumentException if the settings' file is not usable
   */
  public KafkaLog(KafkaSettings settings, String feed) {
    this.settings = settings;
    this.clients = new KafkaClients(settings);
    this.name = settings.kafkaPrefix() + feed;
    this.topic = new KafkaTopic(settings, clients, name);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void make() throws LogException {
    topic.make();
  }

  @Override
  public boolean exists() throws LogException {
    return topic.exists();
  }

  @Override
  public void remove() throws LogException {
    topic.remove();
  }

  @Override
  public void look() throws LogException {
    warnings = topic.check();
  }

  @Override
  public List<String> warnings() {
    return warnings;
  }

  @Override
  public LogWriter lead() throws LogException {
    look();
    Optional<String> id = settings.kafkaTransactions() ? Optional.of(name) : Optional.empty();
    Producer<byte[], byte[]> producer = clients.producer(id);
    boolean isBegun = false;
    try {
      if (settings.kafkaTransactions()) {
        producer.initTransactions();
      }
      isBegun = true;
      return new KafkaWriter(producer, name, settings.kafkaTransactions());
    } catch (RuntimeException | LinkageError e) {
      throw KafkaFailures.of("Topic " + name + " cannot be led", e);
    } finally {
      if (!isBegun) {
        producer.close(Duration.ZERO);
      }
    }
  }

  @Override
  public LogEnd end() throws LogException {
    Optional<LogRecord> written = search(false, KafkaSearch::last);
    Optional<LogRecord> last =
        settings.kafkaTransactions() ? search(true, KafkaSearch::last) : written;
    return new LogEnd(
        written.map(KafkaLog::endOf).orElse(Lsn.NONE),
        last.map(KafkaLog::endOf).orElse(Lsn.NONE),
        last.map(LogRecord::header),
        search(false, KafkaSearch::first) > 0);
  }

  private static Lsn endOf(LogRecord record) {
    return KafkaSearch.endOf(record.header());
  }

  @Override
  public LogReader read() throws LogException {
    return new KafkaReader(this, clients.consumer(false, true), partition());
  }

  private TopicPartition partition() {
    return new TopicPartition(name, PARTITION);
  }

  /** What is looked for in the topic. */
  interface Look<T> {
    T in(KafkaSearch search) throws LogException;
  }

  <T> T search(boolean onlyCommitted, Look<T> what) throws LogException {
    try (KafkaSearch search =
        new KafkaSearch(clients.consumer(onlyCommitted, false), partition())) {
      return what.in(search);
    } catch (RuntimeException | LinkageError e) {
      checkThere(); // Kafka does not tell one from the other
      throw cannotRead(e);
    }
  }

  void checkThere() throws LogException {
    if (!exists()) {
      throw topic.missing();
    }
  }

  LogException cannotRead(Throwable cause) {
    return KafkaFailures.of("Topic " + name + " cannot be read", cause);
  }
}
