package org.pgdeltastream.slot;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.Numbers;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.PageRequest.Order;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.TableRequest;
import org.pgdeltastream.change.TableRequest.Part;
import org.pgdeltastream.change.TableSummary;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.slot.lease.SnapshotPage;
import org.pgdeltastream.slot.lease.TableFormat;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.TestDatabase;

/** A snapshot shows what the slot's stream would send, or says that it does not. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class StreamedRowsPostgresIT {
  private static TestDatabase database;

  @BeforeAll
  static void start() throws Exception {
    database = TestDatabase.embedded();
    database.execute("create role delta login replication");
  }

  @AfterAll
  static void stop() throws Exception {
    database.close();
  }

  @BeforeEach
  void clear() throws Exception {
    database.execute(
        """
        do $$ declare p name; begin
          for p in select pubname from pg_publication loop execute format('drop publication %I', p); end loop;
        end $$;
        alter role delta nobypassrls; drop schema if exists t cascade; create schema t;
        grant usage on schema t to delta;
        """);
  }

  @Test
  void refusesTablesOfWhichRowLevelSecurityHidesRows() throws Exception {
    database.execute(
        """
        create table t.acct (id int primary key, tenant text);
        alter table t.acct enable row level security;
        create policy p on t.acct using (tenant = current_setting('app.tenant', true));
        insert into t.acct values (1, 'a'), (2, 'b'); create table t.plain (id int);
        grant select on all tables in schema t to delta;
        create publication f for table t.acct, t.plain;
        """);
    try (TestRegistry server = new TestRegistry(database, "database-user", "delta")) {
      NewSlot made = init(server, "f");

      assertThat(made.warnings())
          .anyMatch(text -> text.contains("t.acct") && text.contains("BYPASSRLS"))
          .noneMatch(text -> text.contains("t.plain"));
      refused(server, made.name(), "t.acct", Problem.FORBIDDEN, "BYPASSRLS");
      assertThat(names(server, made.name())).containsExactly("t.plain");

      database.execute("alter role delta bypassrls");
      assertThat(page(server, made.name(), "t.acct")).contains("\"id\":1", "\"id\":2");
      database.execute("alter role delta nobypassrls"); // the table is known by now
      refused(server, made.name(), "t.acct", Problem.FORBIDDEN, "BYPASSRLS");
      database.execute("revoke select on t.acct from delta");
      refused(server, made.name(), "t.acct", Problem.FORBIDDEN, "SELECT");
    }
  }

  @Test
  void showsTheRowsAndColumnsOfAPublication() throws Exception {
    database.execute(
        """
        create table t.pf (id int, tenant int, secret text, primary key (id, tenant));
        insert into t.pf select i, i % 2 + 1, 's' || i from generate_series(1, 6) i;
        create table t.other (id int primary key);
        create publication f for table t.pf (id, tenant) where (tenant = 1);
        """);
    try (TestRegistry server = new TestRegistry(database)) {
      NewSlot made = init(server, "f");
      SlotName slot = made.name();

      assertThat(page(server, slot, "t.pf"))
          .isEqualTo("[{\"id\":2,\"tenant\":1},{\"id\":4,\"tenant\":1},{\"id\":6,\"tenant\":1}]");
      assertThat(byCursor(server, slot, "t.pf"))
          .isEqualTo("[{\"id\":6,\"tenant\":1}][{\"id\":4,\"tenant\":1}][{\"id\":2,\"tenant\":1}]");
      assertThat(table(server, slot, "t.pf", TableFormat.CSV, Part.WHOLE))
          .isEqualTo("id,tenant\n2,1\n4,1\n6,1\n");
      assertThat(
              table(server, slot, "t.pf", TableFormat.LINES_WITHOUT_END, new Part(1, 2))
                  + table(server, slot, "t.pf", TableFormat.LINES_WITHOUT_END, new Part(2, 2)))
          .isEqualTo("{\"id\":2,\"tenant\":1}\n{\"id\":4,\"tenant\":1}\n{\"id\":6,\"tenant\":1}\n");
      assertThatThrownBy(() -> read(server, slot, "t.pf", List.of(), List.of("secret")))
          .hasMessageContaining("no column secret");
      assertThatThrownBy(
              () -> read(server, slot, "t.pf", List.of(by("secret", true)), List.of("id")))
          .hasMessageContaining("no column secret");
      assertThat(server.slots.snapshots().tables(Optional.of(slot)))
          .anySatisfy(
              one -> {
                assertThat(one.name()).hasToString("t.pf");
                assertThat(one.streamed()).isTrue();
                assertThat(one.columns()).hasSize(2);
              })
          .anySatisfy(
              one -> {
                assertThat(one.name()).hasToString("t.other");
                assertThat(one.streamed()).isFalse();
              });
      assertThat(made.warnings())
          .anyMatch(text -> text.contains("no changes are streamed of t.other:"));
      assertThat(page(server, slot, "t.other")).isEqualTo("[]");
    }
  }

  @Test
  void showsWhatAnyOfSeveralPublicationsSends() throws Exception {
    database.execute(
        """
        create table t.a (id int primary key); insert into t.a select generate_series(1, 9);
        create publication low for table t.a where (id < 3);
        create publication high for table t.a where (id > 8);
        create publication of_schema for tables in schema t;
        create publication everything for all tables;
        create publication all_rows for table t.a;
        create publication one_column for table t.a (id);
        """);
    try (TestRegistry server = new TestRegistry(database)) {
      assertThat(page(server, init(server, "low", "high").name(), "t.a"))
          .isEqualTo("[{\"id\":1},{\"id\":2},{\"id\":9}]");
      for (String whole : List.of("of_schema", "everything", "all_rows")) {
        assertThat(page(server, init(server, "low", whole).name(), "t.a")).contains("{\"id\":5}");
      }
      refused(
          server,
          init(server, "one_column", "all_rows").name(),
          "t.a",
          Problem.UPSTREAM_CONFIG,
          "same columns");
    }
  }

  @Test
  void showsPartitionsAsTheyAreStreamed() throws Exception {
    database.execute(
        """
        create table t.p (id int, v text, primary key (id)) partition by range (id);
        create table t.p1 partition of t.p for values from (0) to (10);
        create table t.p2 (v text, id int not null); alter table t.p attach partition t.p2 for values from (10) to (20);
        insert into t.p select i, 'v' || i from generate_series(8, 12) i;
        create publication by_root for table t.p (id) where (id <> 9 and id <> 11)
          with (publish_via_partition_root = true);
        create publication by_leaf for table t.p1 where (id = 8), t.p2;
        create publication plain for table t.p;
        """);
    try (TestRegistry server = new TestRegistry(database)) {
      SlotName byRoot = init(server, "by_root").name();
      assertThat(page(server, byRoot, "t.p")).isEqualTo("[{\"id\":8},{\"id\":10},{\"id\":12}]");
      assertThat(page(server, byRoot, "t.p1")).isEqualTo("[{\"id\":8}]");
      assertThat(page(server, byRoot, "t.p2")).isEqualTo("[{\"id\":10},{\"id\":12}]");
      assertThat(page(server, init(server, "by_root", "by_leaf").name(), "t.p1"))
          .isEqualTo("[{\"id\":8}]");

      SlotName byLeaf = init(server, "by_leaf").name();
      assertThat(page(server, byLeaf, "t.p1")).isEqualTo("[{\"id\":8,\"v\":\"v8\"}]");
      assertThat(page(server, byLeaf, "t.p2")).contains("v10", "v11", "v12");
      refused(
          server,
          init(server, "by_leaf", "plain").name(),
          "t.p",
          Problem.BAD_REQUEST,
          "one by one");

      SlotName plain = init(server, "plain").name();
      assertThat(page(server, plain, "t.p")).contains("v8", "v9", "v10", "v11", "v12");
      assertThat(server.slots.snapshots().tables(Optional.of(plain)))
          .allMatch(TableSummary::streamed);
    }
  }

  @Test
  void showsTheRowsOfChildrenUnderTheirOwnNames() throws Exception {
    database.execute(
        """
        create table t.parent (id int primary key); insert into t.parent values (1);
        create table t.child (primary key (id)) inherits (t.parent); insert into t.child values (2);
        create unlogged table t.unlogged (id int);
        create publication f for all tables;
        """);
    try (TestRegistry server = new TestRegistry(database)) {
      NewSlot made = init(server, "f");
      assertThat(page(server, made.name(), "t.parent")).isEqualTo("[{\"id\":1}]");
      assertThat(table(server, made.name(), "t.parent", TableFormat.ARRAY, Part.WHOLE))
          .isEqualTo("[{\"id\":1}]");
      assertThat(table(server, made.name(), "t.parent", TableFormat.ARRAY, new Part(1, 2)))
          .isEqualTo("[{\"id\":1}]");
      assertThat(page(server, made.name(), "t.child")).isEqualTo("[{\"id\":2}]");
      assertThat(made.warnings())
          .anyMatch(text -> text.contains("no changes are streamed of t.unlogged:"));
    }
  }

  @Test
  void writesNumbersAsTextAsTheStreamDoes() throws Exception {
    database.execute(
        "create table t.n (id bigint primary key, f float8, n numeric[]);"
            + " insert into t.n values (9007199254740993, 'NaN', '{1}');"
            + " create publication f for all tables");
    try (TestRegistry server = new TestRegistry(database)) {
      SlotName slot = init(server, "f").name();
      database.execute("update t.n set f = '-Infinity'");
      RecordingSubscriber client = new RecordingSubscriber();
      ChangeOptions asText =
          ChangeOptions.parse(word -> Optional.of("string").filter(any -> word.equals("values")));
      SlotStream stream =
          server.slots.stream(
              new StreamOptions(slot, List.of(), asText, Optional.empty(), false, false, false, 0),
              client);

      assertThat(client.nextWithChange()).contains("[\"9007199254740993\",\"-Infinity\",\"{1}\"]");
      String row = "{\"id\":\"9007199254740993\",\"f\":\"NaN\",\"n\":\"{1}\"}";
      PageRequest page =
          new PageRequest(
              "t.n",
              Optional.empty(),
              0,
              10,
              List.of(),
              List.of(),
              Numbers.AS_TEXT,
              List.of(),
              Optional.empty());
      assertThat(PageText.of(server.slots.snapshots().readPage(Optional.of(slot), page)))
          .isEqualTo("[" + row + "]");
      TableRequest whole =
          new TableRequest(
              "t.n", Optional.empty(), List.of(), Part.WHOLE, Numbers.AS_TEXT, List.of());
      assertThat(table(server, slot, whole, TableFormat.LINES_WITHOUT_END)).isEqualTo(row + "\n");
      assertThat(table(server, slot, whole, TableFormat.ARRAY)).isEqualTo("[" + row + "]");
      stream.clientGone();
    }
  }

  private static NewSlot init(TestRegistry server, String... publications) {
    return server.slots.create(
        new InitRequest(
            Optional.of(OutputPlugin.PGOUTPUT), List.of(publications), Optional.empty()));
  }

  private static List<String> names(TestRegistry server, SlotName slot) {
    return server.slots.snapshots().tables(Optional.of(slot)).stream()
        .map(t -> t.name().toString())
        .toList();
  }

  private static Order by(String column, boolean ascending) {
    return new Order(column, ascending, Optional.empty());
  }

  private static void refused(
      TestRegistry server, SlotName slot, String table, Problem problem, String hint) {
    for (TableFormat format : new TableFormat[] {TableFormat.LINES, TableFormat.CSV}) {
      assertThatThrownBy(() -> table(server, slot, table, format, Part.WHOLE))
          .isInstanceOfSatisfying(
              ProblemException.class,
              refusal -> {
                assertThat(refusal.problem()).isEqualTo(problem);
                assertThat(refusal.hint()).contains(hint);
              });
    }
    assertThatThrownBy(() -> page(server, slot, table))
        .isInstanceOfSatisfying(
            ProblemException.class,
            refusal -> {
              assertThat(refusal.problem()).isEqualTo(problem);
              assertThat(refusal.hint()).contains(hint);
            });
  }

  private static String page(TestRegistry server, SlotName slot, String table) {
    return PageText.of(read(server, slot, table, List.of(), List.of()));
  }

  private static SnapshotPage read(
      TestRegistry server, SlotName slot, String table, List<Order> order, List<String> columns) {
    return server
        .slots
        .snapshots()
        .readPage(
            Optional.of(slot), new PageRequest(table, Optional.empty(), 0, 100, order, columns));
  }

  private static String byCursor(TestRegistry server, SlotName slot, String table) {
    StringBuilder all = new StringBuilder();
    Optional<String> after = Optional.empty();
    do {
      List<Order> order = after.isPresent() ? List.of() : List.of(by("id", false));
      SnapshotPage page =
          server
              .slots
              .snapshots()
              .readPage(
                  Optional.of(slot),
                  new PageRequest(table, Optional.empty(), 0, 1, order, List.of(), after));
      all.append(PageText.of(page));
      after = page.nextCursor();
    } while (after.isPresent());
    return all.toString();
  }

  private static String table(
      TestRegistry server, SlotName slot, String table, TableFormat format, Part part)
      throws Exception {
    return table(server, slot, new TableRequest(table, Optional.empty(), List.of(), part), format);
  }

  private static String table(
      TestRegistry server, SlotName slot, TableRequest request, TableFormat format)
      throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    server.slots.snapshots().readTable(Optional.of(slot), request, format, name -> bytes);
    return bytes.toString(UTF_8);
  }
}
