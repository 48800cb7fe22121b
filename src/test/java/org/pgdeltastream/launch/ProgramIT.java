package org.pgdeltastream.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.json.Json;
import jakarta.json.JsonReader;
import java.io.StringReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.support.CountingClient;
import org.pgdeltastream.support.NeedsWal2Json;
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.RawClient;
import org.pgdeltastream.support.StreamClient;
import org.pgdeltastream.support.TestDatabase;

/** The seed's arguments and session against the runnable jar and a PostgreSQL with wal2json. */
@NeedsWal2Json
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProgramIT {
  private static final int ROWS = Integer.getInteger("pgdelta.test.rows", 200_000);

  @TempDir private Path directory;
  private TestDatabase database;

  @BeforeAll
  void start() throws Exception {
    database = TestDatabase.system();
    database.execute("create table test_table (id int primary key, name text)");
    database.execute("insert into test_table values (1, 'one')");
  }

  @AfterEach
  void dropSlots() throws Exception {
    database.execute("delete from test_table where id > 1");
    await("the slots to be free")
        .atMost(Duration.ofSeconds(60))
        .ignoreExceptions()
        .untilAsserted(
            () -> {
              database.execute(
                  "select pg_drop_replication_slot(slot_name) from pg_replication_slots");
              assertThat(database.text("select count(*) from pg_replication_slots")).isEqualTo("0");
            });
  }

  @AfterAll
  void stop() throws Exception {
    database.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"endpoint", "upgrade"})
  void servesTheSeedsSessionAndSaysThatItRestarts(String websocket) throws Exception {
    try (Program program =
        Program.start(
            database, database.port(), "256m", directory, "-Dpgdelta.websocket=" + websocket)) {
      String slot = slot(program.get("/v1/init").body());
      assertThat(
              program
                  .post(
                      "/v1/snapshot/data",
                      "{\"table\": \"test_table\", \"offset\":0, \"limit\":10}")
                  .body())
          .isEqualTo("[{\"id\":1,\"name\":\"one\"}]");
      try (StreamClient client = new StreamClient(program.streamUrl(slot))) {
        database.execute("insert into test_table values (2, 'two')");
        assertThat(client.nextWithChange()).contains("[2,\"two\"]");

        program.stop();

        assertThat(client.closed().code()).isEqualTo(1012);
      }
    }
    assertThat(database.text("select count(*) from pg_replication_slots")).isEqualTo("1");
  }

  @Test
  void startsWithTokensWithoutKnowingOne() throws Exception {
    try (Program program =
        Program.start(database, database.port(), "256m", directory, "-Dpgdelta.tokens=change-me")) {
      assertThat(program.get("/v1/slots").statusCode()).isEqualTo(401);
    }
  }

  /** Tomcat's own handshake says upgrade in small letters. */
  @Test
  void writesFramesOfItsOwnUnlessToldOtherwise() throws Exception {
    try (Program program = Program.start(database, "256m", directory)) {
      String slot = slot(program.get("/v1/init").body());
      try (RawClient client = RawClient.open(program.streamUrl(slot))) {
        assertThat(client.header("Connection")).contains("Upgrade");
      }
    }
  }

  @Test
  void resumesWhereTheClientIsAfterTheServerWasKilled() throws Exception {
    String slot;
    String position;
    try (Program program = Program.start(database, "256m", directory)) {
      slot = slot(program.get("/v1/init?plugin=pgoutput").body());
      try (StreamClient client = new StreamClient(program.streamUrl(slot))) {
        database.execute("insert into test_table values (11, 'a')");
        database.execute("insert into test_table values (12, 'b')");
        position = nextLsn(client.nextWithChange());
        client.nextWithChange();
        program.kill();
      }
    }
    try (Program again = Program.start(database, "256m", directory);
        StreamClient client = new StreamClient(again.streamUrl(slot) + "&from=" + position)) {
      assertThat(client.nextWithChange()).contains("[12,\"b\"]");
    }
  }

  /** Known peer trouble: eulerto/wal2json#169, which a large transaction ended for ever. */
  @Test
  void streamsALargeTransactionFromBothPluginsInBothFormatsWithASmallHeap() throws Exception {
    try (Program program = Program.start(database, "256m", directory)) {
      database.execute("create table large (id int, name text)");
      String pgoutput = slot(program.get("/v1/init?plugin=pgoutput").body());
      String wal2json = slot(program.get("/v1/init?plugin=wal2json").body());
      database.execute(
          "insert into large select i, 'row number ' || i from generate_series(1000001, "
              + (1_000_000 + ROWS)
              + ") i");
      for (String query : List.of("", "&format=2")) {
        countRows(program, "pgoutput", pgoutput, query);
        countRows(program, "wal2json", wal2json, query);
      }
    }
  }

  private static void countRows(Program program, String plugin, String slot, String query)
      throws Exception {
    long start = System.nanoTime();
    CountingClient.Counted counted =
        CountingClient.count(
            program.streamUrl(slot) + query,
            1_000_001,
            Duration.ofSeconds(60 + ROWS / 20_000)); // several times what it takes
    assertThat(counted.rows()).isEqualTo(ROWS);
    System.out.printf(
        "%s%s: %,d rows, %,d MB in %,d s, most memory so far %s MB%n",
        plugin,
        query,
        ROWS,
        counted.characters() / 1_000_000,
        Duration.ofNanos(System.nanoTime() - start).toSeconds(),
        program.peakMemory().map(String::valueOf).orElse("?"));
  }

  private static String slot(String init) {
    try (JsonReader reader = Json.createReader(new StringReader(init))) {
      return reader.readObject().getString("slotName");
    }
  }

  private static String nextLsn(String message) {
    return message.replaceFirst(".*\"nextlsn\":\"([^\"]+)\".*", "$1");
  }
}
