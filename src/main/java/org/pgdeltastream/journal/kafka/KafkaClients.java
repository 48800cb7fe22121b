package org.pgdeltastream.journal.kafka;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.pgdeltastream.journal.shared.KafkaSettings;
import org.pgdeltastream.journal.shared.LogException;
import org.pgdeltastream.journal.shared.LogException.Kind;

/**
 * Makes Kafka's clients. Kafka finds its own classes by the thread's context class loader, which on
 * an application server may be anybody's: here it is always the one that has Kafka.
 */
final class KafkaClients {
  private static final int ANSWER_MILLIS = 5_000;
  private static final int WAIT_MILLIS = 500;
  private static final int FETCH_BYTES = 4 << 20;
  private static final int POLL_RECORDS = 32; // of 512 KB at most
  private static final long SEND_BYTES = 32L << 20;
  private static final int RECORD_BYTES = 1_000_000; // a broker takes 1 MB, if it is not told more
  private static final int TRANSACTION_MILLIS = 60_000;
  private static final String UNRESOLVED = "No resolvable bootstrap"; // a name, at the moment
  private static final Logger KAFKA = Logger.getLogger("org.apache.kafka"); // kept: it has a level

  /** What this program sets itself, so that it loses nothing. */
  private static final Set<String> OURS =
      Set.of(
          CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG,
          ProducerConfig.ACKS_CONFIG,
          ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
          ProducerConfig.TRANSACTIONAL_ID_CONFIG,
          ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
          ProducerConfig.RETRIES_CONFIG,
          ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
          ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION,
          ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG,
          ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG,
          ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG,
          ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG,
          ConsumerConfig.GROUP_ID_CONFIG,
          ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
          ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
          ConsumerConfig.ISOLATION_LEVEL_CONFIG);

  private final KafkaSettings options;
  private final Map<String, Object> fromFile;

  /**
   * Reads the file; nothing is connected.
   *
   * @throws IllegalArgumentException if it cannot be read, or sets what this program sets
   */
  KafkaClients(KafkaSettings options) {
    this.options = options;
    this.fromFile = options.kafkaConfig().map(Path::of).map(KafkaClients::read).orElse(Map.of());
    KAFKA.setLevel(Level.WARNING); // else each client writes a page about its settings
  }

  private static Map<String, Object> read(Path file) {
    Properties found = new Properties();
    try (Reader in = Files.newBufferedReader(file)) {
      found.load(in);
    } catch (IOException | IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "Setting pgdelta.kafka-config: " + file + " cannot be read", e);
    }
    Set<String> names = new TreeSet<>(found.stringPropertyNames());
    names.retainAll(OURS);
    if (!names.isEmpty()) {
      throw new IllegalArgumentException(
          "Setting pgdelta.kafka-config: "
              + file
              + " sets "
              + String.join(", ", names)
              + ", which this program sets itself: remove it");
    }
    Map<String, Object> settings = new HashMap<>();
    found.stringPropertyNames().forEach(name -> settings.put(name, found.getProperty(name)));
    return settings;
  }

  /** With transactions if it has an id. */
  Producer<byte[], byte[]> producer(Optional<String> transactionalId) throws LogException {
    int millis = (int) options.stepDown().toMillis();
    Map<String, Object> settings = common();
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    settings.putIfAbsent(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
    settings.putIfAbsent(ProducerConfig.LINGER_MS_CONFIG, 0);
    settings.putIfAbsent(ProducerConfig.BATCH_SIZE_CONFIG, RECORD_BYTES);
    settings.putIfAbsent(ProducerConfig.BUFFER_MEMORY_CONFIG, SEND_BYTES);
    settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, RECORD_BYTES);
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, millis);
    settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, Math.min(ANSWER_MILLIS, millis));
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, millis);
    settings.putIfAbsent(ProducerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 1_000);
    transactionalId.ifPresent(
        id -> {
          settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, id);
          settings.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, TRANSACTION_MILLIS);
        });
    return made(
        () -> new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer()));
  }

  /**
   * For a partition that it is told.
   *
   * @param waits whether it lets the broker wait for records that are not there yet
   */
  Consumer<byte[], byte[]> consumer(boolean onlyCommitted, boolean waits) throws LogException {
    Map<String, Object> settings = common();
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    settings.put(
        ConsumerConfig.ISOLATION_LEVEL_CONFIG,
        onlyCommitted ? "read_committed" : "read_uncommitted");
    settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, waits ? WAIT_MILLIS : 1);
    settings.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, FETCH_BYTES);
    settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, POLL_RECORDS);
    settings.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, ANSWER_MILLIS);
    settings.put(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, ANSWER_MILLIS);
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    settings.putIfAbsent(ConsumerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 1_000);
    return made(
        () ->
            new KafkaConsumer<>(
                settings, new ByteArrayDeserializer(), new ByteArrayDeserializer()));
  }

  Admin admin() throws LogException {
    Map<String, Object> settings = common();
    settings.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, ANSWER_MILLIS);
    settings.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, ANSWER_MILLIS);
    return made(() -> Admin.create(settings));
  }

  private Map<String, Object> common() {
    Map<String, Object> settings = new HashMap<>(fromFile);
    settings.put(
        CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG,
        List.of(options.kafka().orElse("").split(",")));
    settings.put(CommonClientConfigs.METRIC_REPORTER_CLASSES_CONFIG, ""); // no MBeans
    settings.put("enable.metrics.push", false);
    return settings;
  }

  private static <T> T made(Supplier<T> client) throws LogException {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(KafkaClients.class.getClassLoader());
    try {
      return client.get();
    } catch (RuntimeException | LinkageError e) {
      String why = KafkaFailures.deepest(e);
      Kind kind = why.contains(UNRESOLVED) ? Kind.AWAY : Kind.WRONG;
      throw new LogException(kind, "Kafka's client cannot begin: " + why, e);
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
