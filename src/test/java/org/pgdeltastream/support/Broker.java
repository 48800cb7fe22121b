package org.pgdeltastream.support;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.raft.DynamicVoters;

/** A broker of Apache Kafka in this process, which is a controller too. */
public final class Broker implements AutoCloseable {
  private static final List<Logger> LOGS =
      List.of(
          Logger.getLogger("org.apache.kafka"),
          Logger.getLogger("kafka"),
          Logger.getLogger("state.change.logger"));

  private final Cluster cluster;
  private final int number;
  private final Path data;
  private KafkaRaftServer server;

  /** Brokers that know each other, numbered from 1. */
  record Cluster(String id, List<Member> members) {
    record Member(int port, int controllerPort, String directory) {}

    static Cluster of(int count) throws IOException {
      List<Member> members = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        members.add(new Member(freePort(), freePort(), Uuid.randomUuid().toString()));
      }
      return new Cluster(Uuid.randomUuid().toString(), members);
    }

    private static int freePort() throws IOException {
      try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      }
    }

    /** {@code 127.0.0.1:port,127.0.0.1:port}. */
    String addresses() {
      return members.stream()
          .map(one -> "127.0.0.1:" + one.port())
          .collect(Collectors.joining(","));
    }

    private String controllers() {
      return members.stream()
          .map(one -> "127.0.0.1:" + one.controllerPort())
          .collect(Collectors.joining(","));
    }

    private String voters() {
      List<String> voters = new ArrayList<>();
      for (int i = 0; i < members.size(); i++) {
        Member one = members.get(i);
        voters.add("%d@127.0.0.1:%d:%s".formatted(i + 1, one.controllerPort(), one.directory()));
      }
      return String.join(",", voters);
    }

    /** For another process. */
    String text() {
      return id
          + members.stream()
              .map(one -> " %d %d %s".formatted(one.port(), one.controllerPort(), one.directory()))
              .collect(Collectors.joining());
    }

    static Cluster parse(String text) {
      String[] parts = text.split(" ", -1);
      List<Member> members = new ArrayList<>();
      for (int i = 1; i < parts.length; i += 3) {
        members.add(
            new Member(Integer.parseInt(parts[i]), Integer.parseInt(parts[i + 1]), parts[i + 2]));
      }
      return new Cluster(parts[0], members);
    }
  }

  private Broker(Cluster cluster, int number, Path data) throws IOException {
    this.cluster = cluster;
    this.number = number;
    this.data = data;
    LOGS.forEach(log -> log.setLevel(Level.OFF));
    if (!Files.exists(data.resolve("meta.properties"))) {
      format();
    }
    this.server = started();
  }

  /**
   * Starts one alone.
   *
   * @param data an empty directory
   */
  public static Broker start(Path data) throws IOException {
    return new Broker(Cluster.of(1), 1, data);
  }

  /** One in a process of its own; it runs until that is killed. Arguments: text, number, data. */
  public static void main(String[] arguments) throws IOException {
    Broker broker =
        new Broker(
            Cluster.parse(arguments[0]), Integer.parseInt(arguments[1]), Path.of(arguments[2]));
    broker.server.awaitShutdown();
  }

  private void format() throws IOException {
    Formatter formatter = new Formatter();
    formatter.setPrintStream(new PrintStream(OutputStream.nullOutputStream()));
    formatter
        .setClusterId(cluster.id())
        .setNodeId(number)
        .addDirectory(data.toString())
        .setMetadataLogDirectory(data.toString())
        .setControllerListenerName("CONTROLLER")
        .setHasDynamicQuorum(true)
        .setInitialControllers(DynamicVoters.parse(cluster.voters()));
    try {
      formatter.run();
    } catch (Exception e) {
      throw new IOException("The broker's directory cannot be made", e);
    }
  }

  private KafkaRaftServer started() {
    Cluster.Member own = cluster.members().get(number - 1);
    String replicas = String.valueOf(cluster.members().size());
    String listener = "PLAINTEXT://127.0.0.1:" + own.port();
    Map<String, String> settings = new HashMap<>();
    settings.put("process.roles", "broker,controller");
    settings.put("node.id", String.valueOf(number));
    settings.put("controller.quorum.bootstrap.servers", cluster.controllers());
    settings.put("listeners", listener + ",CONTROLLER://127.0.0.1:" + own.controllerPort());
    settings.put("advertised.listeners", listener);
    settings.put("controller.listener.names", "CONTROLLER");
    settings.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    settings.put("log.dirs", data.toString());
    for (String one : List.of("offsets.topic", "transaction.state.log")) {
      settings.put(one + ".replication.factor", replicas);
      settings.put(one + ".num.partitions", "1");
    }
    settings.put("transaction.state.log.min.isr", cluster.members().size() > 1 ? "2" : "1");
    settings.put("share.coordinator.state.topic.replication.factor", replicas);
    settings.put("share.coordinator.state.topic.min.isr", "1");
    settings.put("auto.create.topics.enable", "false");
    settings.put("log.cleaner.dedupe.buffer.size", "2097152");
    settings.put("num.network.threads", "2");
    settings.put("num.io.threads", "2");
    settings.put("broker.session.timeout.ms", "3000");
    settings.put("broker.heartbeat.interval.ms", "500");
    Properties properties = new Properties();
    properties.putAll(settings);
    KafkaRaftServer starting = new KafkaRaftServer(new KafkaConfig(properties, false), Time.SYSTEM);
    starting.startup();
    return starting;
  }

  /** {@code 127.0.0.1:port}. */
  public String address() {
    return cluster.addresses();
  }

  /** Stops it; {@link #startAgain} continues with what it has on its disk. */
  public void stop() {
    server.shutdown();
    server.awaitShutdown();
  }

  public void startAgain() {
    server = started();
  }

  @Override
  public void close() {
    stop();
  }
}
