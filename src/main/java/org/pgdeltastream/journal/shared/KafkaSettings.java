package org.pgdeltastream.journal.shared;

import java.time.Duration;
import java.util.Optional;

/**
 * The settings of logs that several servers share.
 *
 * @param kafka where Kafka is, {@code host:port,host:port}; empty: there are no shared logs
 * @param kafkaConfig a file of properties for Kafka's clients, as Kafka's own tools take it
 * @param kafkaPrefix of topics and transactional ids
 * @param kafkaReplicas of topics that are made here
 * @param kafkaRetention how long topics that are made here keep a record
 * @param kafkaTransactions whether records are written in transactions, so that every reader of the
 *     topic, not only this program, meets each once
 * @param stepDown after so long without Kafka's acknowledgement a leader gives the slot up
 * @param lead whether this server may read slots for the others
 * @param feedStorage of feeds that are made without a word about it
 */
public record KafkaSettings(
    Optional<String> kafka,
    Optional<String> kafkaConfig,
    String kafkaPrefix,
    int kafkaReplicas,
    Duration kafkaRetention,
    boolean kafkaTransactions,
    Duration stepDown,
    boolean lead,
    Storage feedStorage) {

  /** Where what a feed can send again is kept. */
  public enum Storage {
    /** In PostgreSQL's WAL. */
    WAL,
    /** In a log that several servers share. */
    KAFKA
  }
}
