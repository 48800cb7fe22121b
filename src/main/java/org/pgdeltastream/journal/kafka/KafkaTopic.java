package org.pgdeltastream.journal.kafka;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.pgdeltastream.journal.shared.KafkaSettings;
import org.pgdeltastream.journal.shared.LogException;
import org.pgdeltastream.journal.shared.LogException.Kind;

/**
 * Makes, checks and removes a topic.
 *
 * @param topic its name
 */
record KafkaTopic(KafkaSettings settings, KafkaClients clients, String topic) {
  private static final int SAFE_REPLICAS = 3; // with fewer, Kafka may commit what was aborted
  private static final int SAFE_IN_SYNC = 2;

  /** Something that the administrator's client does. */
  private interface Call<T> {
    T call(Admin admin) throws ExecutionException, InterruptedException;
  }

  private <T> T ask(Call<T> what) throws LogException {
    try (Admin admin = clients.admin()) {
      return what.call(admin);
    } catch (ExecutionException | KafkaException e) {
      throw KafkaFailures.of("Topic " + topic, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LogException(Kind.AWAY, "The server stops", e);
    }
  }

  void make() throws LogException {
    int inSync = Math.min(SAFE_IN_SYNC, settings.kafkaReplicas());
    NewTopic wanted =
        new NewTopic(topic, 1, (short) settings.kafkaReplicas())
            .configs(
                Map.of(
                    TopicConfig.CLEANUP_POLICY_CONFIG,
                    TopicConfig.CLEANUP_POLICY_DELETE,
                    TopicConfig.RETENTION_MS_CONFIG,
                    String.valueOf(settings.kafkaRetention().toMillis()),
                    TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG,
                    String.valueOf(inSync),
                    TopicConfig.UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG,
                    "false"));
    ask(admin -> isDone(admin.createTopics(List.of(wanted)).all(), TopicExistsException.class));
  }

  private static boolean isDone(KafkaFuture<?> call, Class<? extends ApiException> whereItWasDone)
      throws ExecutionException, InterruptedException {
    try {
      call.get();
      return true;
    } catch (ExecutionException e) {
      if (whereItWasDone.isInstance(e.getCause())) {
        return false;
      }
      throw e;
    }
  }

  boolean exists() throws LogException {
    return describe().isPresent();
  }

  private Optional<TopicDescription> describe() throws LogException {
    return ask(
        admin -> {
          try {
            return Optional.ofNullable(
                admin.describeTopics(Set.of(topic)).allTopicNames().get().get(topic));
          } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
              return Optional.empty();
            }
            throw e;
          }
        });
  }

  void remove() throws LogException {
    ask(
        admin ->
            isDone(
                admin.deleteTopics(Set.of(topic)).all(),
                UnknownTopicOrPartitionException.class)); // another server was quicker
  }

  LogException missing() {
    return new LogException(Kind.MISSING, "There is no topic " + topic);
  }

  /** Throws if it cannot hold a log; returns what that would not survive. */
  List<String> check() throws LogException {
    TopicDescription found = describe().orElseThrow(this::missing);
    if (found.partitions().size() != 1) {
      throw new LogException(
          Kind.WRONG,
          "Topic %s has %d partitions, but the order of changes needs one"
              .formatted(topic, found.partitions().size()));
    }
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    Config configs =
        ask(
            admin ->
                requireNonNull(
                    admin.describeConfigs(List.of(resource)).all().get().get(resource), "asked"));
    if (value(configs, TopicConfig.CLEANUP_POLICY_CONFIG).contains("compact")) {
      throw new LogException(Kind.WRONG, "Topic " + topic + " is compacted: it loses records");
    }
    return warnings(found.partitions().get(0).replicas().size(), configs);
  }

  private List<String> warnings(int replicas, Config configs) {
    List<String> found = new ArrayList<>();
    if (replicas < SAFE_REPLICAS) {
      found.add(
          "Topic "
              + topic
              + " has "
              + replicas
              + " replicas: with fewer than 3 a broker's loss can lose changes");
    }
    String inSync = value(configs, TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG);
    if (inSync.equals("1")) {
      found.add(
          "Topic " + topic + " has min.insync.replicas=1: what one broker has counts as kept");
    }
    if (value(configs, TopicConfig.UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG).equals("true")) {
      found.add("Topic " + topic + " allows unclean leader election, which loses changes");
    }
    return List.copyOf(found);
  }

  private static String value(Config configs, String name) {
    return configs.get(name) == null ? "" : String.valueOf(configs.get(name).value());
  }
}
