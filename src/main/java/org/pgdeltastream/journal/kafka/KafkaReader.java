package org.pgdeltastream.journal.kafka;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.journal.shared.LogException;
import org.pgdeltastream.journal.shared.LogReader;
import org.pgdeltastream.journal.shared.LogRecord;
import org.pgdeltastream.journal.shared.RecordHeader;

/** Reads a topic's only partition, without a group. */
final class KafkaReader implements LogReader {
  private static final Duration CLOSING = Duration.ofMillis(100);

  private final KafkaLog log;
  private final Consumer<byte[], byte[]> consumer;
  private final TopicPartition partition;

  KafkaReader(KafkaLog log, Consumer<byte[], byte[]> consumer, TopicPartition partition) {
    this.log = log;
    this.consumer = consumer;
    this.partition = partition;
    consumer.assign(List.of(partition));
  }

  @Override
  public Optional<RecordHeader> seek(Duration mostAge, long mostBytes) throws LogException {
    return log.search(false, search -> seek(search, mostAge, mostBytes));
  }

  private Optional<RecordHeader> seek(KafkaSearch search, Duration mostAge, long mostBytes)
      throws LogException {
    Optional<LogRecord> last = search.last();
    if (last.isEmpty()) {
      consumer.seek(partition, search.end());
      return Optional.empty();
    }
    Lsn end = KafkaSearch.endOf(last.get().header());
    Lsn oldest = new Lsn(Math.max(0, end.value() - mostBytes));
    long wanted = Math.max(search.after(oldest), search.notOlderThan(mostAge));
    return go(search, Math.min(search.after(last.get().header().prev()), wanted));
  }

  private Optional<RecordHeader> go(KafkaSearch search, long offset) throws LogException {
    Optional<LogRecord> first = search.beginning(offset);
    consumer.seek(partition, first.isPresent() ? first.get().offset() : search.end());
    return first.map(LogRecord::header);
  }

  @Override
  public boolean seek(Lsn after) throws LogException {
    return log.search(
        false,
        search -> {
          Optional<RecordHeader> next = go(search, search.after(after));
          return next.isPresent() && !next.get().prev().isAfter(after);
        });
  }

  @Override
  public Optional<RecordHeader> first() throws LogException {
    return log.search(false, search -> search.beginning(search.first()).map(LogRecord::header));
  }

  @Override
  public List<LogRecord> poll(Duration limit) throws LogException {
    try {
      List<LogRecord> records = new ArrayList<>();
      for (ConsumerRecord<byte[], byte[]> one : consumer.poll(limit)) {
        records.add(KafkaSearch.record(one));
      }
      return records;
    } catch (RuntimeException | LinkageError e) { // a codec that is not there
      throw log.cannotRead(e);
    }
  }

  @Override
  public long behind() {
    return consumer.currentLag(partition).orElse(-1);
  }

  @Override
  public void check() throws LogException {
    try {
      consumer.endOffsets(List.of(partition));
    } catch (RuntimeException e) {
      log.checkThere(); // Kafka does not tell one from the other
      throw log.cannotRead(e);
    }
  }

  @Override
  public void close() {
    consumer.close(CloseOptions.timeout(CLOSING));
  }
}
