package org.pgdeltastream.support;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.logging.Level;
import java.util.logging.Logger;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.raft.DynamicVoters;

/** A broker of Apache Kafka in this process, which is its own controller. */
public final class Broker implements AutoCloseable {
  private static final List<Logger> LOGS =
      List.of(
          Logger.getLogger("org.apache.kafka"),
          Logger.getLogger("kafka"),
          Logger.getLogger("state.change.logger"));

  private final int port;
  private final int controllerPort;
  private final Path data;
  private KafkaRaftServer server;

  private Broker(int port, int controllerPort, Path data) {
    this.port = port;
    this.controllerPort = controllerPort;
    this.data = data;
    this.server = started();
  }

  /**
   * Starts one.
   *
   * @param data an empty directory, or that of one which was stopped
   */
  public static Broker start(Path data) throws IOException {
    LOGS.forEach(log -> log.setLevel(Level.OFF));
    int port = freePort();
    int controllerPort = freePort();
    if (!Files.exists(data.resolve("meta.properties"))) {
      format(data, controllerPort);
    }
    return new Broker(port, controllerPort, data);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static void format(Path data, int controllerPort) throws IOException {
    Formatter formatter = new Formatter();
    formatter.setPrintStream(new PrintStream(OutputStream.nullOutputStream()));
    formatter
        .setClusterId(Uuid.randomUuid().toString())
        .setNodeId(1)
        .addDirectory(data.toString())
        .setMetadataLogDirectory(data.toString())
        .setControllerListenerName("CONTROLLER")
        .setHasDynamicQuorum(true)
        .setInitialControllers(
            DynamicVoters.parse("1@127.0.0.1:" + controllerPort + ":" + Uuid.randomUuid()));
    try {
      formatter.run();
    } catch (Exception e) {
      throw new IOException("The broker's directory cannot be made", e);
    }
  }

  private KafkaRaftServer started() {
    Map<String, String> settings = new HashMap<>();
    settings.put("process.roles", "broker,controller");
    settings.put("node.id", "1");
    settings.put("controller.quorum.bootstrap.servers", "127.0.0.1:" + controllerPort);
    settings.put(
        "listeners", "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort);
    settings.put("advertised.listeners", "PLAINTEXT://127.0.0.1:" + port);
    settings.put("controller.listener.names", "CONTROLLER");
    settings.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    settings.put("log.dirs", data.toString());
    for (String one : List.of("offsets.topic", "transaction.state.log")) {
      settings.put(one + ".replication.factor", "1");
      settings.put(one + ".num.partitions", "1");
    }
    settings.put("transaction.state.log.min.isr", "1");
    settings.put("share.coordinator.state.topic.replication.factor", "1");
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
    return "127.0.0.1:" + port;
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
