package org.pgdeltastream.journal.kafka;

import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.journal.shared.LogException;
import org.pgdeltastream.journal.shared.LogWriter;

/** Writes to a topic, in transactions or without. */
final class KafkaWriter implements LogWriter {
  private final Producer<byte[], byte[]> producer;
  private final String topic;
  private final boolean transactions;
  private boolean isOpen; // a transaction
  private volatile @Nullable Exception failed; // of a record without a transaction

  /** For a producer that was begun. */
  KafkaWriter(Producer<byte[], byte[]> producer, String topic, boolean transactions) {
    this.producer = producer;
    this.topic = topic;
    this.transactions = transactions;
  }

  @Override
  public void append(org.pgdeltastream.journal.shared.RecordHeader header, byte[] body)
      throws LogException {
    try {
      if (transactions && !isOpen) {
        producer.beginTransaction();
        isOpen = true;
      }
      var unused =
          producer.send(
              new ProducerRecord<>(
                  topic,
                  KafkaLog.PARTITION,
                  null,
                  null,
                  body,
                  List.of(new RecordHeader(KafkaLog.HEADER, header.bytes()))),
              (sent, failure) -> failed = failed == null ? failure : failed);
    } catch (KafkaException | IllegalStateException e) {
      throw cannotWrite(e);
    }
    check();
  }

  @Override
  public void commit() throws LogException {
    try {
      if (isOpen) {
        producer.commitTransaction();
        isOpen = false;
      } else if (!transactions) {
        producer.flush();
      }
    } catch (KafkaException | IllegalStateException e) {
      throw cannotWrite(e);
    }
    check();
  }

  private void check() throws LogException {
    Exception first = failed;
    if (first != null) {
      throw cannotWrite(first);
    }
  }

  private LogException cannotWrite(Exception cause) {
    return KafkaFailures.of("Topic " + topic + " cannot be written", cause);
  }

  @Override
  public void close() {
    producer.close(Duration.ZERO);
  }
}
