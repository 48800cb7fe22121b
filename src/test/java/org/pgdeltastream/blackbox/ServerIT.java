package org.pgdeltastream.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.ClassOrderer;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestClassOrder;
import org.junit.jupiter.api.TestMethodOrder;
import org.pgdeltastream.support.Jcmd;
import org.pgdeltastream.support.NeedsWal2Json;
import org.pgdeltastream.support.ServerClient;
import org.pgdeltastream.support.StreamClient;
import org.pgdeltastream.support.TestDatabase;
import org.pgdeltastream.support.Wal2Json;
import org.pgdeltastream.support.servers.ApplicationServer;

/** The WAR on the application server of this run, configured as server-config says. */
@TestClassOrder(ClassOrderer.OrderAnnotation.class)
class ServerIT {
  static final Map<String, String> MANY_SLOTS =
      Map.of("max_replication_slots", "160", "max_wal_senders", "80", "max_connections", "300");
  private static final int REDEPLOYMENTS = 3;

  private static TestDatabase database;
  private static ApplicationServer server;
  private static ServerClient client;

  @BeforeAll
  static void start() throws Exception {
    database =
        Wal2Json.isAtHand() ? TestDatabase.system(MANY_SLOTS) : TestDatabase.embedded(MANY_SLOTS);
    server =
        ApplicationServer.start(
            ApplicationServer.Setup.configured(database, Map.of("send-timeout", "5")));
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
  class WithPgOutput extends BlackBoxStory {
    WithPgOutput() {
      super("pgoutput", client, database);
    }
  }

  @Nested
  @NeedsWal2Json
  class WithWal2Json extends BlackBoxStory {
    WithWal2Json() {
      super("wal2json", client, database);
    }
  }

  /** What an operator does, last of all: the end is the server's. */
  @Nested
  @Order(Integer.MAX_VALUE)
  @TestMethodOrder(MethodOrderer.OrderAnnotation.class)
  class Operator {
    @Test
    @Order(1)
    void saysWhoIsLetInAndWhichResourcesOfServerConfigItUses() throws Exception {
      assertThat(server.log())
          .contains("Only this machine is let in. ")
          .contains("PGDELTA_TOKENS")
          .contains("Streams run on concurrent/readers")
          .contains("Pages are read through jdbc/pgdelta");
    }

    @Test
    @Order(1)
    void saysWhoWritesFramesAsTheDocumentsHaveIt() throws Exception {
      String byDefault = server.writesOwnFrames() ? "upgrade" : "endpoint";
      boolean own = System.getProperty("pgdelta.test.websocket", byDefault).equals("upgrade");
      assertThat(server.log())
          .contains("Frames are written by " + (own ? "this application" : "the server"));
    }

    @Test
    @Order(2)
    void redeploysWithoutLeaks() throws Exception {
      database.execute("create table redeployed (id int primary key)");
      String slot = client.init("plugin=pgoutput");
      for (int i = 1; i <= REDEPLOYMENTS; i++) {
        try (StreamClient stream = client.stream(slot)) {
          database.execute("insert into redeployed values (" + i + ")");
          String message = stream.nextWithChange();
          assertThat(message).contains("\"columnvalues\":[" + i + "]");
          acknowledge(stream, ServerClient.nextLsn(message));

          server.redeploy();

          assertThat(stream.closed().code()).isEqualTo(1012);
        }
      }
      await("the walsenders to end, each in its own time")
          .atMost(Duration.ofSeconds(30))
          .until(
              () ->
                  database
                      .text(
                          "select count(*) from pg_stat_activity where backend_type = 'walsender'")
                      .equals("0"));
      assertThat(Jcmd.ask(server.pid(), "Thread.print"))
          .doesNotContain("pgdeltastream.slot.SlotStream");
      client.delete("/v1/slots/" + slot);
      if (server.forgetsApplications()) {
        await("the former applications to be forgotten")
            .atMost(Duration.ofSeconds(30))
            .untilAsserted(
                () -> assertThat(applications()).isLessThanOrEqualTo(2)); // one may be kept as last
      }
    }

    @Test
    @Order(3)
    void stopsAndTellsItsClients() throws Exception {
      String slot = client.init("plugin=pgoutput");
      try (StreamClient stream = client.stream(slot)) {
        database.execute("insert into redeployed values (0)");
        assertThat(stream.nextWithChange()).contains("\"columnvalues\":[0]");

        server.stop();

        assertThat(stream.closed().code()).isEqualTo(1012);
      }
      assertThat(
              database.text(
                  "select count(*) from pg_stat_activity"
                      + " where application_name like 'pgdeltastream%'"))
          .isEqualTo("0");
      database.execute("select pg_drop_replication_slot('" + slot + "')");
    }

    /** Until the server has it: else the message may come again after the redeployment. */
    private static void acknowledge(StreamClient stream, String lsn) throws Exception {
      stream.send("{\"lsn\":\"" + lsn + "\",\"reply\":true}");
      String answer = stream.next();
      while (!answer.startsWith("{\"ack\":")) { // an empty transaction may come before
        answer = stream.next();
      }
      assertThat(answer).isEqualTo("{\"ack\":\"" + lsn + "\"}");
    }

    /** How many instances of the application the JVM holds, after a collection. */
    private static long applications() throws Exception {
      return Jcmd.ask(server.pid(), "GC.class_histogram")
          .lines()
          .filter(line -> line.matches(".* org\\.pgdeltastream\\.slot\\.SlotRegistry( .*)?"))
          .map(line -> line.strip().split("\\s+", -1)[1])
          .mapToLong(Long::parseLong)
          .sum();
    }
  }
}
