package org.pgdeltastream.bench;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.TestDatabase;

/** Our server with a feed of one table. It leaves clients that read nothing alone. */
final class FeedServer implements AutoCloseable {
  private static final String[] SETTINGS = {
    "-Dpgdelta.feeds=bench=p",
    "-Dpgdelta.subscribers=20000",
    "-Dpgdelta.subscribers-per-address=20000",
    "-Dpgdelta.send-timeout=600",
    "-Dpgdelta.pong-timeout=600"
  };

  private final TestDatabase database;
  private final Path directory;
  private Program program;

  private FeedServer(TestDatabase database, Path directory, Program program) {
    this.database = database;
    this.directory = directory;
    this.program = program;
  }

  static FeedServer start(TestDatabase database, Path directory) throws IOException {
    return new FeedServer(database, directory, start(0, database, directory));
  }

  private static Program start(int port, TestDatabase database, Path directory) throws IOException {
    String heap = System.getProperty("bench.heap", "512m");
    return Program.startAt(port, database, database.port(), heap, directory, SETTINGS);
  }

  String path() {
    return "/v1/feeds/bench/stream";
  }

  int port() {
    return URI.create(program.streamUrl("x")).getPort();
  }

  long pid() {
    return program.pid();
  }

  /** Kills it and starts it again on the same port; returns when it listens. */
  void killAndStart() throws Exception {
    int port = port();
    program.kill();
    program = start(port, database, directory);
  }

  @Override
  public void close() {
    program.close();
  }
}
