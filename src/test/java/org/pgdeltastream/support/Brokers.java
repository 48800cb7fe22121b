package org.pgdeltastream.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Brokers of Apache Kafka in processes of their own, which can be killed. */
public final class Brokers implements AutoCloseable {
  private final Broker.Cluster cluster;
  private final Path directory;
  private final List<Process> processes = new ArrayList<>();

  /**
   * Starts so many; they are reachable some seconds later.
   *
   * @param directory an empty one
   */
  public Brokers(int count, Path directory) throws IOException {
    this.cluster = Broker.Cluster.of(count);
    this.directory = directory;
    for (int i = 0; i < count; i++) {
      processes.add(started(i));
    }
  }

  private Process started(int index) throws IOException {
    Path data = Files.createDirectories(directory.resolve("broker" + index));
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx192m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Broker.class.getName(),
            cluster.text(),
            String.valueOf(index + 1),
            data.toString())
        .redirectErrorStream(true)
        .redirectOutput(directory.resolve("broker" + index + ".log").toFile())
        .start();
  }

  public int count() {
    return processes.size();
  }

  /** {@code 127.0.0.1:port,127.0.0.1:port}. */
  public String addresses() {
    return cluster.addresses();
  }

  /** As kill -9 does. */
  public void kill(int index) throws InterruptedException {
    processes.get(index).destroyForcibly().waitFor();
  }

  public void startAgain(int index) throws IOException {
    processes.set(index, started(index));
  }

  @Override
  public void close() {
    processes.forEach(Process::destroyForcibly);
  }
}
