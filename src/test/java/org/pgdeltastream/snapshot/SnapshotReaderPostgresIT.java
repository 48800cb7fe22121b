package org.pgdeltastream.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.PageRequest.Nulls;
import org.pgdeltastream.change.PageRequest.Order;
import org.pgdeltastream.snapshot.table.KnownTables;
import org.pgdeltastream.support.TestDatabase;

/** What a page holds. */
class SnapshotReaderPostgresIT {
  private static TestDatabase database;

  @BeforeAll
  static void start() throws Exception {
    database = TestDatabase.embedded();
    database.execute(
        """
        create table users(id int primary key, name text, score numeric);
        insert into users select i, 'name ' || i, nullif(i % 3, 0) from generate_series(1, 10) i;
        create table heap(v int);
        insert into heap select 7 from generate_series(1, 1000);
        create schema "Mixed Case";
        create table "Mixed Case"."a.b"("Id" int, "x""y" text, primary key ("Id"));
        insert into "Mixed Case"."a.b" values (1, 'quoted');
        create table "a"";drop table users;--"(v int);
        create table parts(id int, v text, primary key (id, v)) partition by list (id);
        create table parts_1 partition of parts for values in (1);
        create table parts_2 partition of parts for values in (2) partition by list (v);
        create table parts_2a partition of parts_2 for values in ('a');
        insert into parts values (1, 'x'), (2, 'a');
        create table parent(id int primary key);
        create table child() inherits (parent);
        insert into parent select generate_series(1, 50);
        insert into child select 1 from generate_series(1, 50);
        create table nothing();
        insert into nothing default values;
        """);
  }

  @AfterAll
  static void stop() throws Exception {
    database.close();
  }

  @Test
  void laterChangesDoNotShow() throws Exception {
    try (HeldSnapshot snapshot = HeldSnapshot.take(database)) {
      database.execute(
          "begin; insert into users values (11, 'later', 0); update users set name = 'new';"
              + " delete from users where id = 2; commit");
      RecordedRows page = read(snapshot, page("users", 0, 100));
      assertThat(page.rows).hasSize(10).startsWith("1|name 1|1", "2|name 2|2", "3|name 3|NULL");
      assertThat(page.names()).containsExactly("id", "name", "score");
      assertThat(page.columns.get(0).key()).isTrue();
      assertThat(page.columns.get(2).typeOid()).isEqualTo(1700);
      assertThat(page.ended).isTrue();
    }
  }

  @Test
  void namesAreReadAsSqlDoes() throws Exception {
    assertThat(readNow(page("PUBLIC.Users", 0, 1)).rows).hasSize(1);
    assertThat(readNow(page("\"Mixed Case\".\"a.b\"", 0, 1)).rows).containsExactly("1|quoted");
    assertThat(readNow(exactly("Mixed Case", "a.b")).rows).containsExactly("1|quoted");
    assertThat(readNow(page("\"a\"\";drop table users;--\"", 0, 1)).rows).isEmpty();
    assertThat(readNow(exactly("public", "a\";drop table users;--")).rows).isEmpty();
  }

  @Test
  void columnsComeAsAskedFor() throws Exception {
    PageRequest page = page("users", 8, 2, List.of(by("ID", false)), List.of("NAME", "id"));
    RecordedRows found = readNow(page);
    assertThat(found.names()).containsExactly("name", "id");
    assertThat(found.rows).hasSize(2).last().asString().endsWith("|1");
    assertThat(
            readNow(
                    page(
                        "\"Mixed Case\".\"a.b\"", 0, 1, List.of(by("x\"y", true)), List.of("x\"y")))
                .rows)
        .containsExactly("quoted");
  }

  @Test
  void orderPlacesNullsAndEndsInTheKey() throws Exception {
    Order nullsFirst = new Order("score", true, Optional.of(Nulls.FIRST));
    PageRequest page = page("parts", 0, 10, List.of(by("v", true)), List.of());
    assertThat(readNow(page).rows).containsExactly("2|a", "1|x");
    try (HeldSnapshot snapshot = HeldSnapshot.take(database)) {
      PageRequest first = page("users", 0, 4, List.of(nullsFirst), List.of("id", "score"));
      assertThat(read(snapshot, first).rows).first().asString().endsWith("|NULL");
      List<String> pages = new ArrayList<>();
      for (int offset = 0; offset < 10; offset += 2) {
        PageRequest next = page("users", offset, 2, List.of(nullsFirst), List.of("id"));
        pages.addAll(read(snapshot, next).rows);
      }
      assertThat(pages).hasSize(10).doesNotHaveDuplicates();
    }
  }

  @Test
  void partitionsAreReadThroughTheirParentButChildrenUnderTheirOwnNames() throws Exception {
    assertThat(readNow(page("parts", 0, 10)).rows).containsExactly("1|x", "2|a");
    assertThat(readNow(page("parent", 0, 1000)).rows).hasSize(50);
    assertThat(readNow(page("child", 0, 1000)).rows).hasSize(50);
  }

  @Test
  void pagesWithoutKeyDoNotOverlap() throws Exception {
    database.execute(
        "create table spread(v int); insert into spread select i from generate_series(1, 1000) i");
    try (HeldSnapshot snapshot = HeldSnapshot.take(database)) {
      RecordedRows all = new RecordedRows();
      for (int offset = 0; offset < 1000; offset += 300) {
        database.execute("update spread set v = -v where v % 7 = 0");
        database.execute("vacuum spread");
        all.rows.addAll(read(snapshot, page("spread", offset, 300)).rows);
      }
      assertThat(all.rows).hasSize(1000).doesNotHaveDuplicates().noneMatch(v -> v.startsWith("-"));
    }
    assertThat(readNow(page("heap", 900, 1000)).rows).hasSize(100);
  }

  @Test
  void emptyPagesAndRowsWithoutColumnsArePages() throws Exception {
    assertThat(readNow(page("users", Long.MAX_VALUE, 10)).rows).isEmpty();
    assertThat(readNow(page("users", 0, 0)).ended).isTrue();
    assertThat(readNow(page("nothing", 0, 5)).rows).containsExactly("");
  }

  @Test
  void valuesArePrintedAsPostgresPrintsThem() throws Exception {
    database.execute(EveryKind.TABLE);
    RecordedRows page = readNow(page("kinds", 0, 10));
    assertThat(List.of(page.rows.get(0).split("\\|", -1))).isEqualTo(EveryKind.PRINTED);
  }

  @Test
  void negativeOffsetsAreNoPage() {
    assertThatThrownBy(() -> readNow(page("users", -1, 1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static RecordedRows readNow(PageRequest page) throws Exception {
    try (HeldSnapshot snapshot = HeldSnapshot.take(database)) {
      return read(snapshot, page);
    }
  }

  private static RecordedRows read(HeldSnapshot snapshot, PageRequest page) throws Exception {
    RecordedRows rows = new RecordedRows();
    new SnapshotReader(database.dataSource()::getConnection, Duration.ofSeconds(20))
        .readPage(snapshot.name(), new KnownTables(), page, rows);
    return rows;
  }

  private static Order by(String column, boolean ascending) {
    return new Order(column, ascending, Optional.empty());
  }

  private static PageRequest exactly(String schema, String table) {
    return new PageRequest(table, Optional.of(schema), 0, 10, List.of(), List.of());
  }

  private static PageRequest page(String table, long offset, int limit) {
    return page(table, offset, limit, List.of(), List.of());
  }

  private static PageRequest page(
      String table, long offset, int limit, List<Order> order, List<String> columns) {
    return new PageRequest(table, Optional.empty(), offset, limit, order, columns);
  }
}
