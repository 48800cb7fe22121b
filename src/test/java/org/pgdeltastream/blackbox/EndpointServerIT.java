package org.pgdeltastream.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.pgdeltastream.support.NeedsWal2Json;
import org.pgdeltastream.support.ServerClient;
import org.pgdeltastream.support.TestDatabase;
import org.pgdeltastream.support.servers.ApplicationServer;

/** The same through the container's websocket, where frames of our own are usual: on TomEE. */
@Tag("nightly")
@NeedsWal2Json
@DisabledIfSystemProperty(named = "pgdelta.test.server", matches = ".+")
class EndpointServerIT {
  private static TestDatabase database;
  private static ApplicationServer server;
  private static ServerClient client;

  @BeforeAll
  static void start() throws Exception {
    database = TestDatabase.system(ServerIT.MANY_SLOTS);
    server =
        ApplicationServer.start(
            ApplicationServer.Setup.configured(
                database, Map.of("send-timeout", "2", "websocket", "endpoint")));
    client = new ServerClient(server.base());
  }

  @AfterAll
  static void stop() throws Exception {
    try (TestDatabase open = database) {
      server.close();
      assertThat(open.text("select count(*) from pg_stat_replication")).isEqualTo("0");
    }
  }

  @Nested
  class WithWal2Json extends BlackBoxStory {
    WithWal2Json() {
      super("wal2json", client, database);
    }
  }
}
