package org.pgdeltastream.launch;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.pgdeltastream.support.Browser;
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.TestDatabase;

/** Chromium, and the runnable jar with a feed, which starts again at the same address. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class BrowserStory {
  TestDatabase database;
  Program program;
  Browser browser;
  Path directory;
  private int port;

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    browser = Browser.open(directory, getClass().getSimpleName());
    database = TestDatabase.embedded(Map.of("max_slot_wal_keep_size", "1GB"));
    database.execute("create table orders (id int primary key, status text)");
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    program = program();
  }

  @AfterAll
  void stop() throws Exception {
    if (browser != null) {
      browser.close();
    }
    if (program != null) {
      program.close();
    }
    if (database != null) {
      database.close();
    }
  }

  /** Another one, once the former is gone. */
  Program program(String... more) throws Exception {
    String[] settings =
        Stream.concat(Stream.of("-Dpgdelta.feeds=main"), List.of(more).stream())
            .toArray(String[]::new);
    return Program.startAt(port, database, database.port(), "256m", directory, settings);
  }

  /** Where the program is, without a slash at the end. */
  String address() {
    return "http://localhost:" + port;
  }
}
