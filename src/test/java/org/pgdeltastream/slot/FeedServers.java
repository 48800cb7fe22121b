package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.pgdeltastream.support.Brokers;
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.TestDatabase;

/** The programs that serve feed f: one from its slot, or two from a log that they share. */
final class FeedServers implements AutoCloseable {
  static final int WINDOW = 64 << 20;

  private static final int FIRST_PORT = 20_000;
  private static final int PORTS = 5_000; // for each

  private final TestDatabase database;
  private final int databasePort;
  private final Path directory;
  private final Optional<Brokers> brokers;
  private final int[] ports;
  private final AtomicReferenceArray<Program> programs;

  /** Two with brokers, else one. */
  FeedServers(TestDatabase database, int databasePort, Path directory, Optional<Brokers> brokers)
      throws IOException {
    this.database = database;
    this.databasePort = databasePort;
    this.directory = directory;
    this.brokers = brokers;
    ports = new int[brokers.isPresent() ? 2 : 1];
    programs = new AtomicReferenceArray<>(ports.length);
    for (int number = 0; number < ports.length; number++) {
      ports[number] = freePort(FIRST_PORT + number * PORTS);
      start(number);
    }
  }

  /** None of those that clients get: a client might get the program's while that is away. */
  private static int freePort(int first) throws IOException {
    for (int port = first + (int) (ProcessHandle.current().pid() % PORTS); ; port++) {
      try (ServerSocket socket = new ServerSocket(port)) {
        return socket.getLocalPort();
      } catch (BindException e) {
        assertThat(port).as("a free port below").isLessThan(32_000);
      }
    }
  }

  private void start(int number) throws IOException {
    List<String> settings = new ArrayList<>();
    settings.add("-Dpgdelta.feeds=f");
    settings.add("-Dpgdelta.feed-window-bytes=" + WINDOW);
    settings.add("-Dpgdelta.feed-window-seconds=3600");
    settings.add("-Dpgdelta.subscribers-per-address=1000");
    settings.add("-Dpgdelta.node=node" + number);
    brokers.ifPresent(
        kafka -> {
          settings.add("-Dpgdelta.kafka=" + kafka.addresses());
          settings.add("-Dpgdelta.kafka-replicas=" + kafka.count());
          settings.add("-Dpgdelta.feed-storage=kafka");
        });
    Path own = Files.createDirectories(directory.resolve("node" + number));
    programs.set(
        number,
        Program.startAt(
            ports[number], database, databasePort, "256m", own, settings.toArray(String[]::new)));
  }

  int count() {
    return ports.length;
  }

  boolean areSharing() {
    return brokers.isPresent();
  }

  /** Of any of them. */
  int port() {
    return ports[ThreadLocalRandom.current().nextInt(ports.length)];
  }

  Program first() {
    return programs.get(0);
  }

  void kill(int number) throws Exception {
    programs.get(number).kill();
    start(number);
  }

  void stop(int number) throws Exception {
    String unused = programs.get(number).stop();
    start(number);
  }

  /** Its process stands still until {@link #thaw}. */
  void freeze(int number) throws Exception {
    signal(number, "-STOP");
  }

  void thaw(int number) throws Exception {
    signal(number, "-CONT");
  }

  private void signal(int number, String signal) throws Exception {
    String pid = String.valueOf(programs.get(number).pid());
    assertThat(new ProcessBuilder("kill", signal, pid).start().waitFor()).isZero();
  }

  Brokers brokers() {
    return brokers.orElseThrow();
  }

  @Override
  public void close() {
    for (int number = 0; number < ports.length; number++) {
      Program program = programs.get(number);
      if (program != null) {
        program.close();
      }
    }
  }
}
