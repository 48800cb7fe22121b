package org.pgdeltastream.slot;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.awaitility.Awaitility;
import org.pgdeltastream.support.Broker;

/** What somebody does to topics who knows nothing of feeds. */
public final class KafkaTopics {
  private KafkaTopics() {}

  /** Makes an empty one. */
  public static void make(Broker broker, String topic)
      throws InterruptedException, ExecutionException {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.address()))) {
      admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
    }
  }

  static void remove(Broker broker, String topic) throws InterruptedException, ExecutionException {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.address()))) {
      admin.deleteTopics(List.of(topic)).all().get();
    }
  }

  /** Removes a topic and makes it anew. */
  static void makeAnew(Broker broker, String topic)
      throws InterruptedException, ExecutionException {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.address()))) {
      admin.deleteTopics(List.of(topic)).all().get();
      Awaitility.await("the topic to be gone")
          .until(() -> !admin.listTopics().names().get().contains(topic));
    }
    make(broker, topic);
  }
}
