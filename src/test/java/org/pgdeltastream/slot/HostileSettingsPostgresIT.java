package org.pgdeltastream.slot;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.SessionSettings;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.TableRequest;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.slot.lease.TableFormat;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.NeedsWal2Json;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.TestDatabase;

/**
 * What a role or a database sets for its sessions changes nothing of what comes out, on any kind of
 * connection, and ends none of them.
 */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class HostileSettingsPostgresIT {
  private static final int CATCH_UP_BYTES = 200_000;
  private static final int MISSED = 5_000;
  private static final String CHANGE =
      "insert into kept select 10, at, day, span, raw, number, price, class, mood, x, names"
          + " from kept where id = 1; delete from kept where id = 10";
  private static final Map<String, String> HOSTILE = new LinkedHashMap<>();

  static {
    HOSTILE.put("TimeZone", "Asia/Kathmandu");
    HOSTILE.put("DateStyle", "German, DMY");
    HOSTILE.put("IntervalStyle", "sql_standard");
    HOSTILE.put("bytea_output", "escape");
    HOSTILE.put("extra_float_digits", "-5");
    HOSTILE.put("lc_monetary", "C.UTF-8");
    HOSTILE.put("quote_all_identifiers", "on");
    HOSTILE.put("xmlbinary", "hex");
    HOSTILE.put("xmloption", "document");
    HOSTILE.put("client_encoding", "LATIN1");
    HOSTILE.put("search_path", "elsewhere");
    HOSTILE.put("standard_conforming_strings", "off");
    HOSTILE.put("backslash_quote", "off");
    HOSTILE.put("array_nulls", "off");
    HOSTILE.put("transform_null_equals", "on");
    HOSTILE.put("gin_fuzzy_search_limit", "1");
    HOSTILE.put("row_security", "on");
    HOSTILE.put("client_min_messages", "debug5");
    HOSTILE.put("exit_on_error", "on");
    HOSTILE.put("default_transaction_isolation", "serializable");
    HOSTILE.put("default_transaction_deferrable", "on");
    HOSTILE.put("statement_timeout", "400ms");
    HOSTILE.put("lock_timeout", "1ms");
    HOSTILE.put("idle_in_transaction_session_timeout", "400ms");
    HOSTILE.put("idle_session_timeout", "400ms");
    HOSTILE.put("transaction_timeout", "400ms");
    HOSTILE.put("tcp_user_timeout", "400ms");
    HOSTILE.put("wal_sender_timeout", "400ms");
  }

  @Test
  void changeNothingOfWhatPgoutputsStreamAndSnapshotTell() throws Exception {
    try (TestDatabase database = TestDatabase.embedded()) {
      tellTheSame(database, OutputPlugin.PGOUTPUT);
    }
  }

  @Test
  @NeedsWal2Json
  void changeNothingOfWhatWal2JsonsStreamAndSnapshotTell() throws Exception {
    try (TestDatabase database = TestDatabase.system()) {
      tellTheSame(database, OutputPlugin.WAL2JSON);
    }
  }

  @Test
  @NeedsWal2Json
  void neverMakeSqlOfAnOptionThatACatchUpReads() throws Exception {
    try (TestDatabase database = TestDatabase.system();
        TestRegistry server = new TestRegistry(database, "catch-up-bytes", "" + CATCH_UP_BYTES)) {
      database.execute("alter database postgres set standard_conforming_strings = off");
      database.execute("create table a (id int primary key, v text)");
      SlotName slot = init(server, OutputPlugin.WAL2JSON);
      miss(database);
      String pattern = "t.\\'||lo_create(424242)::text)--";
      RecordingSubscriber client = new RecordingSubscriber();
      server.slots.stream(with(slot, Map.of("add-tables", pattern)), client);

      assertThat(client.next()).endsWith("\"change\":[]}");
      assertThat(database.text("select count(*) from pg_largeobject_metadata")).isEqualTo("0");
    }
  }

  private static void tellTheSame(TestDatabase database, OutputPlugin plugin) throws Exception {
    database.execute(
        """
        create schema elsewhere; create type elsewhere."So moody" as enum ('a');
        create table a (id int primary key, v text);
        create table kept (id int primary key, at timestamptz, day date, span interval, raw bytea,
          number float8, price money, class regclass, mood elsewhere."So moody", x xml, names name[],
          said text default E'it''s \\\\ "so"');
        insert into kept select i, '2020-01-02 03:04:05.6+07', '2020-03-04', '1 day -2 hours',
          '\\x00ff5c', 1.0 / 3, 1234.5, 'kept', 'a', '<a/>', '{a,NULL}' from generate_series(1, 9) i;
        """);
    List<String> usual = told(database, plugin);
    for (String whom : List.of("database postgres", "role postgres")) {
      for (Map.Entry<String, String> setting : HOSTILE.entrySet()) {
        setIfKnown(database, whom, setting.getKey(), setting.getValue());
      }
    }
    assertThat(database.text("show transform_null_equals")).isEqualTo("on");

    assertThat(told(database, plugin)).isEqualTo(usual);
  }

  private static void setIfKnown(TestDatabase database, String whom, String name, String value)
      throws SQLException {
    boolean known =
        database.text("select count(*) from pg_settings where name = '" + name + "'").equals("1");
    if (known) {
      boolean list = name.equals("DateStyle");
      database.execute(
          "alter " + whom + " set " + name + " = " + (list ? value : "'" + value + "'"));
    }
  }

  private static List<String> told(TestDatabase database, OutputPlugin plugin) throws Exception {
    List<String> all = new ArrayList<>();
    try (TestRegistry server =
        new TestRegistry(database, "catch-up-bytes", "" + CATCH_UP_BYTES, "send-timeout", "60")) {
      SlotName slot = init(server, plugin);
      String holder = holderOf(database, slot);
      miss(database);
      change(database);
      database.execute("checkpoint"); // what is not written out yet does not count as missed
      RecordingSubscriber client = new RecordingSubscriber();
      client.stopReading();
      SlotStream stream =
          server.slots.stream(
              with(slot, Map.of("include-default", "1", "include-timestamp", "0")), client);
      await("copies of the slot")
          .until(
              () ->
                  !database
                      .text("select count(*) from pg_replication_slots where temporary")
                      .equals("0"));
      await("longer than any of the limits")
          .during(Duration.ofSeconds(2))
          .atMost(Duration.ofSeconds(20))
          .until(() -> holderOf(database, slot).equals(holder));
      client.readAgain();
      for (int i = 0; i < MISSED; i++) {
        assertThat(client.nextWithChange()).contains("[" + i + ",");
      }
      all.add(withoutPosition(client.nextWithChange())); // that the catch-up read
      all.add(withoutPosition(client.nextWithChange()));
      change(database);
      all.add(withoutPosition(client.nextWithChange())); // that the walsender read
      all.add(withoutPosition(client.nextWithChange()));
      database.execute("delete from public.a");
      client.nextWithChange();
      all.add(page(server, slot));
      all.add(table(server, slot, TableFormat.LINES));
      all.add(table(server, slot, TableFormat.CSV));
      String tables = server.slots.snapshots().tables(Optional.of(slot)).toString();
      all.add(tables.replaceAll("(estimatedRows|bytes)=\\d+", ""));
      stream.clientGone();
    }
    return all;
  }

  private static void change(TestDatabase database) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(SessionSettings.ofSession());
      for (String change : CHANGE.split(";", -1)) {
        statement.execute(change);
      }
    }
  }

  /** Enough transactions for a catch-up. */
  private static void miss(TestDatabase database) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(SessionSettings.ofSession());
      statement.execute(
          "do $$ begin for i in 0.."
              + (MISSED - 1)
              + " loop insert into public.a values (i, 'row'); commit; end loop; end $$");
      statement.execute("checkpoint");
    }
  }

  private static SlotName init(TestRegistry server, OutputPlugin plugin) {
    return server
        .slots
        .create(new InitRequest(Optional.of(plugin), List.of(), Optional.empty()))
        .name();
  }

  private static StreamOptions with(SlotName slot, Map<String, String> words) {
    ChangeOptions changes = ChangeOptions.parse(word -> Optional.ofNullable(words.get(word)));
    return new StreamOptions(slot, List.of(), changes, Optional.empty(), false, false, false, 0);
  }

  private static String holderOf(TestDatabase database, SlotName slot) throws SQLException {
    return database.text(
        "select string_agg(pid::text, ',') from pg_stat_activity where application_name like '%/"
            + slot
            + "'");
  }

  private static String withoutPosition(String message) {
    return message.replaceFirst("\"nextlsn\":\"[0-9A-F/]+\"", "");
  }

  private static String page(TestRegistry server, SlotName slot) {
    return PageText.of(
        server
            .slots
            .snapshots()
            .readPage(
                Optional.of(slot),
                new PageRequest("kept", Optional.empty(), 0, 100, List.of(), List.of())));
  }

  private static String table(TestRegistry server, SlotName slot, TableFormat format)
      throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    server
        .slots
        .snapshots()
        .readTable(
            Optional.of(slot),
            new TableRequest("kept", Optional.empty(), List.of(), TableRequest.Part.WHOLE),
            format,
            name -> bytes);
    return bytes.toString(UTF_8);
  }
}
