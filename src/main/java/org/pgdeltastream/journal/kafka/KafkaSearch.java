package org.pgdeltastream.journal.kafka;

import java.io.Closeable;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.journal.shared.LogException;
import org.pgdeltastream.journal.shared.LogException.Kind;
import org.pgdeltastream.journal.shared.LogRecord;
import org.pgdeltastream.journal.shared.RecordHeader;
import org.pgdeltastream.journal.shared.RecordKind;

/** Looks for records by LSN in a topic, whose offsets say nothing of them. For one thread. */
final class KafkaSearch implements Closeable {
  private static final Duration STEP = Duration.ofMillis(50);
  private static final Duration CLOSING = Duration.ofMillis(100);
  private static final long ANSWER_NANOS = Duration.ofSeconds(15).toNanos();
  private static final int FARTHER = 8; // each look for the last record goes so much farther back

  private final Consumer<byte[], byte[]> consumer;
  private final TopicPartition partition;

  /** By a consumer that does not wait for records that are not there yet. */
  KafkaSearch(Consumer<byte[], byte[]> consumer, TopicPartition partition) {
    this.consumer = consumer;
    this.partition = partition;
    consumer.assign(List.of(partition));
  }

  /** Up to where the log is complete with a record that was read up to its end. */
  static Lsn endOf(RecordHeader header) {
    boolean isPart = header.kind() == RecordKind.FIRST || header.kind() == RecordKind.MIDDLE;
    return isPart ? header.prev() : header.end();
  }

  private static boolean begins(LogRecord record) {
    RecordKind kind = record.header().kind();
    return kind != RecordKind.MIDDLE && kind != RecordKind.LAST;
  }

  static LogRecord record(ConsumerRecord<byte[], byte[]> one) throws LogException {
    Header header = one.headers().lastHeader(KafkaLog.HEADER);
    Optional<RecordHeader> ours =
        header == null ? Optional.empty() : RecordHeader.of(header.value());
    if (ours.isEmpty()) {
      throw new LogException(
          Kind.WRONG,
          "Topic %s has a record at offset %d that is not this program's, or of a later version"
                  .formatted(one.topic(), one.offset())
              + ": nobody else may write there");
    }
    byte[] body = one.value() == null ? new byte[0] : one.value();
    return new LogRecord(ours.get(), body, one.offset());
  }

  long first() {
    return consumer.beginningOffsets(Set.of(partition)).getOrDefault(partition, 0L);
  }

  long end() {
    return consumer.endOffsets(Set.of(partition)).getOrDefault(partition, 0L);
  }

  /** The first offset that was written so long ago, or later. */
  long notOlderThan(Duration age) {
    long time = Instant.now().minus(age).toEpochMilli();
    Map<TopicPartition, OffsetAndTimestamp> found =
        consumer.offsetsForTimes(Map.of(partition, time));
    OffsetAndTimestamp at = found.get(partition);
    return at == null ? end() : at.offset();
  }

  /** The first record from there on that begins something. */
  Optional<LogRecord> beginning(long offset) throws LogException {
    return read(offset, end(), KafkaSearch::begins);
  }

  /** An offset behind which everything stands that ends after this position; by halving. */
  long after(Lsn position) throws LogException {
    long low = first();
    long high = end();
    long end = high;
    while (low < high) {
      long middle = low + (high - low) / 2;
      Optional<LogRecord> record = read(middle, end, any -> true);
      if (record.isEmpty() || isBehind(record.get().header(), position)) {
        high = middle;
      } else {
        low = record.get().offset() + 1;
      }
    }
    return low;
  }

  /** Whether it has something that ends after this: a part has the end of its transaction. */
  private static boolean isBehind(RecordHeader header, Lsn position) {
    boolean isPart = header.kind() == RecordKind.FIRST || header.kind() == RecordKind.MIDDLE;
    return isPart ? !position.isAfter(header.end()) : header.end().isAfter(position);
  }

  /** Of the newest incarnation the record that ends last, of those at the end. */
  Optional<LogRecord> last() throws LogException {
    long first = first();
    long end = end();
    for (long back = FARTHER; ; back *= FARTHER) {
      long from = Math.max(first, end - back);
      LastOf last = new LastOf();
      read(from, end, last);
      if (last.record != null || from == first) {
        return Optional.ofNullable(last.record);
      }
    }
  }

  private static final class LastOf implements Predicate<LogRecord> {
    private @Nullable LogRecord record;

    @Override
    public boolean test(LogRecord one) {
      if (record == null || isBehind(record.header(), one.header())) {
        record = one;
      }
      return false;
    }

    private static boolean isBehind(RecordHeader one, RecordHeader next) {
      return one.incarnation() != next.incarnation() || !endOf(one).isAfter(endOf(next));
    }
  }

  /** The first record from there on, and before the end, that is wanted. */
  private Optional<LogRecord> read(long from, long end, Predicate<LogRecord> wanted)
      throws LogException {
    consumer.seek(partition, from);
    long deadline = System.nanoTime() + ANSWER_NANOS;
    while (consumer.position(partition) < end) {
      for (ConsumerRecord<byte[], byte[]> one : consumer.poll(STEP)) {
        LogRecord record = record(one);
        if (wanted.test(record)) {
          return Optional.of(record);
        }
      }
      if (System.nanoTime() - deadline > 0) {
        throw new LogException(Kind.AWAY, "Topic " + partition.topic() + " was not read in time");
      }
    }
    return Optional.empty();
  }

  @Override
  public void close() {
    consumer.close(CloseOptions.timeout(CLOSING));
  }
}
