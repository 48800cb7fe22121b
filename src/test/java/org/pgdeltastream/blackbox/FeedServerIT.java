package org.pgdeltastream.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.pgdeltastream.support.ServerClient;
import org.pgdeltastream.support.TestDatabase;
import org.pgdeltastream.support.Wal2Json;
import org.pgdeltastream.support.servers.ApplicationServer;

/** Feeds, on the application server of this run. */
class FeedServerIT {
  private static TestDatabase database;
  private static ApplicationServer server;
  private static ServerClient client;

  @BeforeAll
  static void start() throws Exception {
    database = Wal2Json.isAtHand() ? TestDatabase.system() : TestDatabase.embedded();
    server =
        ApplicationServer.start(
            ApplicationServer.Setup.configured(
                database, Map.of("send-timeout", "5", "feed-views", "9")));
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
  class Making extends FeedMakingStory {
    Making() {
      super(client, database, database.hasWal2json());
    }
  }

  @Nested
  class Websocket extends FeedSocketStory {
    Websocket() {
      super(client, database);
    }
  }

  @Nested
  class Events extends FeedEventsStory {
    Events() {
      super(client, database);
    }
  }

  @Nested
  class Pull extends FeedPullStory {
    Pull() {
      super(client, database);
    }
  }

  @Nested
  class Snapshot extends FeedSnapshotStory {
    Snapshot() {
      super(client, database);
    }
  }

  @Nested
  class Views extends FeedViewsStory {
    Views() {
      super(client, database);
    }
  }

  @Nested
  class Trouble extends FeedTroubleStory {
    Trouble() {
      super(client, database);
    }
  }
}
