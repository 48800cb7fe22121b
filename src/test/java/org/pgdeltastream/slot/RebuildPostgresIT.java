package org.pgdeltastream.slot;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.TableRequest;
import org.pgdeltastream.slot.lease.SnapshotPage;
import org.pgdeltastream.slot.lease.TableFormat;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.Seeds;
import org.pgdeltastream.support.TestDatabase;

/**
 * A table rebuilt from its snapshot and the stream, while others write, is the table. Runs: {@code
 * pgdelta.test.rebuilds}; a seed can be run again with {@code pgdelta.test.seed}.
 */
class RebuildPostgresIT {
  private static final int READERS = 20;
  private static final int WRITERS = 3;

  private static TestDatabase database;
  private static final ExecutorService THREADS = Executors.newCachedThreadPool();

  @BeforeAll
  static void start() throws Exception {
    database = TestDatabase.embedded();
  }

  @AfterAll
  static void stop() throws Exception {
    THREADS.shutdownNow();
    database.close();
  }

  @Test
  void rebuiltTablesAreEqualToTheirSource() throws Exception {
    int runs = Integer.getInteger("pgdelta.test.rebuilds", 2);
    long seed = Seeds.first();
    for (int run = 0; run < runs; run++) {
      System.out.printf("Rebuild %d of %d, -Dpgdelta.test.seed=%d%n", run + 1, runs, seed + run);
      rebuild(new Random(seed + run));
    }
  }

  private static void rebuild(Random random) throws Exception {
    makeTables(random);
    AtomicBoolean enough = new AtomicBoolean();
    List<Future<Void>> writers = new ArrayList<>();
    for (int i = 0; i < WRITERS; i++) {
      Random own = new Random(random.nextLong());
      writers.add(THREADS.submit(() -> write(own, enough)));
    }
    try (TestRegistry server = new TestRegistry(database)) {
      SlotName slot = server.init().name();
      RecordingSubscriber client = new RecordingSubscriber();
      boolean early = random.nextBoolean();
      SlotStream stream = early ? stream(server, slot, client) : null;

      Map<Integer, JsonObject> table = readByMany(server, slot, random);
      enough.set(true);
      for (Future<Void> writer : writers) {
        writer.get(60, TimeUnit.SECONDS);
      }
      database.execute("insert into ends values (1)");
      if (stream == null) {
        stream = stream(server, slot, client);
      }
      int changes = apply(client, table);

      assertThat(table.values()).containsExactlyElementsOf(source());
      System.out.printf("  %d rows after %d changes%n", table.size(), changes);
      stream.clientGone();
      assertThat(stream.awaitEnd(Duration.ofSeconds(20))).isTrue();
    } finally {
      enough.set(true);
    }
  }

  private static void makeTables(Random random) throws SQLException {
    database.execute(
        "drop table if exists kept, ends; create table ends(id int primary key);"
            + " create table kept(id int primary key, n numeric, t text, big text);"
            + " insert into kept select i, i / 7.0, 'é' || i, null from generate_series(1, "
            + (1 + random.nextInt(3000))
            + ") i");
  }

  private static SlotStream stream(TestRegistry server, SlotName slot, RecordingSubscriber client) {
    return server.slots.stream(StreamOptions.of(slot), client);
  }

  private static Void write(Random random, AtomicBoolean enough) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      while (!enough.get()) {
        try {
          for (int i = random.nextInt(6); i >= 0; i--) {
            statement.execute(change(random));
          }
          if (random.nextInt(8) == 0) {
            connection.rollback();
          } else {
            connection.commit();
          }
        } catch (SQLException e) { // a duplicate key or a deadlock among the writers
          connection.rollback();
        }
      }
    }
    return null;
  }

  private static String change(Random random) {
    int id = random.nextInt(4000);
    int other = random.nextInt(4000);
    return switch (random.nextInt(8)) {
      case 0, 1 -> "insert into kept values (" + id + ", random(), 'new', null)";
      case 2, 3 -> "update kept set n = random(), t = t || '\"' where id = " + id;
      case 4 -> "update kept set id = " + other + " where id = " + id;
      case 5 ->
          "update kept set big = (select string_agg(md5(random()::text), '')"
              + " from generate_series(1, 300)) where id = "
              + id;
      case 6 -> "delete from kept where id = " + id;
      default -> "delete from kept where id between " + id + " and " + (id + 5);
    };
  }

  /** Each reader in its own way; all must have found the same. */
  private static Map<Integer, JsonObject> readByMany(
      TestRegistry server, SlotName slot, Random random) throws Exception {
    List<Future<Map<Integer, JsonObject>>> readers = new ArrayList<>();
    for (int i = 0; i < READERS; i++) {
      int size = 1 + random.nextInt(1000);
      Callable<Map<Integer, JsonObject>> way =
          switch (i % 4) {
            case 0 -> () -> byCursor(server, slot, size);
            case 1 -> () -> byOffset(server, slot, 100 + size);
            case 2 -> () -> inParts(server, slot, 1);
            default -> () -> inParts(server, slot, 1 + size % 4);
          };
      readers.add(THREADS.submit(way));
    }
    Map<Integer, JsonObject> first = readers.get(0).get();
    for (Future<Map<Integer, JsonObject>> reader : readers) {
      assertThat(reader.get()).isEqualTo(first);
    }
    return first;
  }

  private static Map<Integer, JsonObject> byCursor(TestRegistry server, SlotName slot, int size) {
    Map<Integer, JsonObject> rows = new TreeMap<>();
    Optional<String> cursor = Optional.empty();
    do {
      SnapshotPage page =
          server
              .slots
              .snapshots()
              .readPage(
                  Optional.of(slot),
                  new PageRequest("kept", Optional.empty(), 0, size, List.of(), List.of(), cursor));
      array(PageText.of(page)).getValuesAs(JsonObject.class).forEach(row -> add(rows, row));
      cursor = page.nextCursor();
    } while (cursor.isPresent());
    return rows;
  }

  private static Map<Integer, JsonObject> byOffset(TestRegistry server, SlotName slot, int size) {
    Map<Integer, JsonObject> rows = new TreeMap<>();
    List<JsonObject> page;
    do {
      PageRequest next =
          new PageRequest("kept", Optional.empty(), rows.size(), size, List.of(), List.of());
      page =
          array(PageText.of(server.slots.snapshots().readPage(Optional.of(slot), next)))
              .getValuesAs(JsonObject.class);
      page.forEach(row -> add(rows, row));
    } while (page.size() == size);
    return rows;
  }

  private static Map<Integer, JsonObject> inParts(TestRegistry server, SlotName slot, int parts) {
    Map<Integer, JsonObject> rows = new TreeMap<>();
    for (int part = 1; part <= parts; part++) {
      ByteArrayOutputStream json = new ByteArrayOutputStream();
      TableRequest request =
          new TableRequest("kept", Optional.empty(), List.of(), new TableRequest.Part(part, parts));
      try {
        server
            .slots
            .snapshots()
            .readTable(Optional.of(slot), request, TableFormat.ARRAY, name -> json);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      array(json.toString(UTF_8)).getValuesAs(JsonObject.class).forEach(row -> add(rows, row));
    }
    return rows;
  }

  private static void add(Map<Integer, JsonObject> rows, JsonObject row) {
    assertThat(rows.put(row.getInt("id"), row)).as("read twice").isNull();
  }

  /** Applies changes up to the row that marks the end; answers how many there were. */
  private static int apply(RecordingSubscriber client, Map<Integer, JsonObject> table)
      throws Exception {
    int changes = 0;
    while (true) {
      JsonObject message =
          Json.createReader(new StringReader(client.nextWithChange())).readObject();
      for (JsonObject change : message.getJsonArray("change").getValuesAs(JsonObject.class)) {
        if (change.getString("table").equals("ends")) {
          return changes;
        }
        changes++;
        apply(change, table);
      }
    }
  }

  private static void apply(JsonObject change, Map<Integer, JsonObject> table) {
    Map<String, JsonValue> row = new TreeMap<>();
    if (!change.getString("kind").equals("insert")) {
      int old = change.getJsonObject("oldkeys").getJsonArray("keyvalues").getInt(0);
      JsonObject before = table.remove(old);
      assertThat(before).as("%s of a row that is there", change.getString("kind")).isNotNull();
      row.putAll(before); // a large value that did not change is left out
    }
    if (change.getString("kind").equals("delete")) {
      return;
    }
    JsonArray names = change.getJsonArray("columnnames");
    for (int i = 0; i < names.size(); i++) {
      row.put(names.getString(i), change.getJsonArray("columnvalues").get(i));
    }
    var built = Json.createObjectBuilder();
    row.forEach(built::add);
    JsonObject after = built.build();
    assertThat(table.put(after.getInt("id"), after)).as("a row of this key").isNull();
  }

  private static List<JsonObject> source() throws Exception {
    String json =
        database.text(
            "select coalesce(json_agg(json_build_object("
                + "'big', big, 'id', id, 'n', n, 't', t) order by id), '[]') from kept");
    return Json.createReader(new StringReader(json)).readArray().getValuesAs(JsonObject.class);
  }

  private static JsonArray array(String json) {
    return Json.createReader(new StringReader(json)).readArray();
  }
}
