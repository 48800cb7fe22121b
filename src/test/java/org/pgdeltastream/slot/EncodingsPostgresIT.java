package org.pgdeltastream.slot;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.ByteArrayOutputStream;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.TableRequest;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.delivery.Subscriber;
import org.pgdeltastream.slot.lease.TableFormat;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.NeedsWal2Json;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.TestDatabase;

/**
 * Whatever a database's encoding is, and whoever wrote a message: what comes out is UTF-8 and JSON.
 */
@NeedsWal2Json
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class EncodingsPostgresIT {
  private static TestDatabase database;

  @BeforeAll
  static void start() throws Exception {
    database = TestDatabase.system(Map.of("max_prepared_transactions", "10"));
  }

  @AfterAll
  static void stop() throws Exception {
    if (database != null) {
      database.close();
    }
  }

  @AfterEach
  void drop() throws Exception {
    for (String name : List.of("latin", "japan", "bytes")) {
      database.execute("drop database if exists " + name + " (force)");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "LATIN1, WAL2JSON, 1, café ß",
    "LATIN1, WAL2JSON, 2, café ß",
    "LATIN1, PGOUTPUT, 1, café ß",
    "LATIN1, PGOUTPUT, 2, café ß",
    "WIN1251, WAL2JSON, 1, Привет",
    "EUC_JP, WAL2JSON, 1, 日本語",
    "EUC_JP, PGOUTPUT, 2, 日本語",
  })
  void tellsTextsOfOtherEncodings(String encoding, OutputPlugin plugin, String format, String text)
      throws Exception {
    try (TestRegistry server = in("latin", encoding)) {
      execute(
          "latin",
          "create table a (id int primary key, v text, \"n" + text.charAt(0) + "me\" text)");
      SlotName slot = init(server, plugin).name();
      execute("latin", "insert into a values (1, '" + text + "', 'x')");
      execute("latin", "select pg_logical_emit_message(true, 'p" + text + "', 'h" + text + "')");
      execute("latin", "select pg_logical_emit_message(false, 'p" + text + "', 'h" + text + "')");
      execute("latin", "insert into a values (2, 'plain', 'z')");
      Strict client = stream(server, slot, "format", format);

      assertThat(client.next("\"plain\""))
          .contains("\"" + text + "\"", "\"n" + text.charAt(0) + "me\"")
          .contains("\"prefix\":\"p" + text + "\",\"content\":\"h" + text + "\"")
          .doesNotContain("\uFFFD");
      assertThat(page(server, slot)).isEqualTo("[]");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "2"})
  void replacesWhatIsNoUtf8InADatabaseWithoutEncoding(String format) throws Exception {
    try (TestRegistry server = in("bytes", "SQL_ASCII")) {
      execute("bytes", "create table a (id int primary key, v text)");
      NewSlot made = init(server, OutputPlugin.WAL2JSON);
      assertThat(made.warnings()).anyMatch(text -> text.contains("SQL_ASCII"));
      execute("bytes", "insert into a values (1, E'caf\\351\" \\337')");
      execute("bytes", "insert into a values (2, 'ünd')");
      Strict client = stream(server, made.name(), "format", format);

      assertThat(client.next("ünd")).contains("caf\uFFFD\\\" \uFFFD");
      SlotName later = init(server, OutputPlugin.WAL2JSON).name();
      refused(() -> page(server, later));
      refused(
          () ->
              server
                  .slots
                  .snapshots()
                  .readTable(
                      Optional.of(later),
                      new TableRequest("a", Optional.empty(), List.of(), TableRequest.Part.WHOLE),
                      TableFormat.CSV,
                      name -> new ByteArrayOutputStream()));
    }
  }

  @ParameterizedTest
  @CsvSource({"WAL2JSON, 1", "WAL2JSON, 2", "PGOUTPUT, 1", "PGOUTPUT, 2"})
  void tellsMessagesOfAnyBytes(OutputPlugin plugin, String format) throws Exception {
    for (String whole : List.of("false", "true")) {
      try (TestRegistry server = new TestRegistry(database, "wal2json-whole", whole)) {
        SlotName slot = init(server, plugin).name();
        database.execute(
            "do $$ begin perform pg_logical_emit_message(true, 'one', '\\xff61c3'::bytea);"
                + " perform pg_logical_emit_message(true, 'two', '\\x0122095c7f0a'::bytea);"
                + " perform pg_logical_emit_message(true, 'three',"
                + " decode(repeat('80', 100000), 'hex')); end $$");
        database.execute("select pg_logical_emit_message(false, 'four', '\\xe28261'::bytea)");
        database.execute("select pg_logical_emit_message(true, 'end', 'ü')");
        Strict client = stream(server, slot, "format", format);

        assertThat(client.next("\"end\""))
            .contains("\"one\",\"content\":\"\uFFFDa\uFFFD\"")
            .contains("\"content\":\"\\u0001\\\"\\t\\\\\u007f\\n\"")
            .contains("\"four\",\"content\":\"\uFFFDa\"");
      }
    }
  }

  @Test
  void refusesPreparedTransactionsOfPgoutputAndTakesThemFromWal2Json() throws Exception {
    database.execute("create table two (id int primary key)");
    database.execute("create publication everything for all tables");
    try (TestRegistry server = new TestRegistry(database)) {
      for (String plugin : List.of("pgoutput", "wal2json")) {
        database.execute(
            "select pg_create_logical_replication_slot('delta_%s', '%s', false, true)"
                .formatted(plugin, plugin));
      }
      database.execute("begin; insert into two values (1); prepare transaction 'p'");
      database.execute("insert into two values (2)");
      database.execute("commit prepared 'p'");

      RecordingSubscriber refused = new RecordingSubscriber();
      server.slots.stream(StreamOptions.of(new SlotName("delta_pgoutput")), refused);
      assertThat(refused.closed().reason()).isEqualTo(CloseReason.WRONG_SLOT_KIND);
      assertThat(refused.closed().detail()).contains("has two_phase");
      RecordingSubscriber client = new RecordingSubscriber();
      SlotStream stream =
          server.slots.stream(StreamOptions.of(new SlotName("delta_wal2json")), client);
      assertThat(client.nextWithChange()).contains("[2]");
      assertThat(client.nextWithChange()).contains("[1]");
      stream.clientGone();
    }
  }

  private static TestRegistry in(String name, String encoding) throws Exception {
    database.execute(
        "create database %s encoding '%s' template template0 lc_collate 'C' lc_ctype 'C'"
            .formatted(name, encoding));
    return new TestRegistry(database, "database-url", url(name));
  }

  private static String url(String name) {
    return database.jdbcUrl().replaceFirst("postgres$", name);
  }

  private static void execute(String name, String sql) throws Exception {
    try (Connection connection =
            DriverManager.getConnection(url(name), database.user(), database.password());
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static NewSlot init(TestRegistry server, OutputPlugin plugin) {
    return server.slots.create(new InitRequest(Optional.of(plugin), List.of(), Optional.empty()));
  }

  private static Strict stream(TestRegistry server, SlotName slot, String name, String value) {
    Strict client = new Strict();
    ChangeOptions changes =
        ChangeOptions.parse(word -> Optional.of(value).filter(any -> word.equals(name)));
    server.slots.stream(
        new StreamOptions(slot, List.of(), changes, Optional.empty(), false, false, false, 0),
        client);
    return client;
  }

  private static String page(TestRegistry server, SlotName slot) {
    return PageText.of(
        server
            .slots
            .snapshots()
            .readPage(
                Optional.of(slot),
                new PageRequest("a", Optional.empty(), 0, 9, List.of(), List.of())));
  }

  private static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable read) {
    assertThatThrownBy(read)
        .isInstanceOfSatisfying(
            ProblemException.class,
            refusal -> {
              assertThat(refusal.problem()).isEqualTo(Problem.UPSTREAM_CONFIG);
              assertThat(refusal.hint()).contains("SQL_ASCII");
            });
  }

  /** Takes nothing but UTF-8, in each piece, and JSON. */
  private static final class Strict implements Subscriber {
    private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
    private final StringBuilder open = new StringBuilder();

    @Override
    public void sendPart(byte[] bytes, int start, int length) {
      try {
        open.append(UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, start, length)));
      } catch (CharacterCodingException e) {
        messages.add("no UTF-8: " + new String(bytes, start, length, UTF_8));
      }
    }

    @Override
    public void sendLast(byte[] bytes, int start, int length) {
      sendPart(bytes, start, length);
      messages.add(open.toString());
      open.setLength(0);
    }

    @Override
    public void ping() {}

    @Override
    public void flush() {}

    @Override
    public void sendClose(CloseReason reason, String detail) {
      close(reason, detail);
    }

    @Override
    public void awaitClosed(Duration limit) {}

    @Override
    public void close(CloseReason reason, String detail) {
      messages.add("closed: " + reason + " " + detail);
    }

    /** All messages up to one with this text, as they came. */
    String next(String last) throws InterruptedException {
      StringBuilder all = new StringBuilder();
      String message;
      do {
        message = messages.poll(30, TimeUnit.SECONDS);
        assertThat(message).as("after " + all).startsWith("{");
        try (JsonReader reader = Json.createReader(new StringReader(message))) {
          JsonObject unused = reader.readObject();
          all.append(message).append('\n');
        }
      } while (!message.contains(last));
      return all.toString();
    }
  }
}
