package org.pgdeltastream.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.PageRequest.Order;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.snapshot.table.CatalogReader;
import org.pgdeltastream.snapshot.table.Keyset;
import org.pgdeltastream.snapshot.table.KnownTables;
import org.pgdeltastream.snapshot.table.PageStart;
import org.pgdeltastream.snapshot.table.SnapshotTable;
import org.pgdeltastream.snapshot.table.TableReference;

/** Pages that go on behind a cursor. */
class KeysetPostgresIT extends OnePooledConnection {
  /** A key of one column per type, each value printed by PostgreSQL from the number i. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "smallint ; i - 300",
        "bigint ; i * 9000000000",
        "numeric ; i / 7.0",
        "numeric(9,3) ; case when i = 5 then 'NaN'::numeric else i end",
        "float8 ; sqrt(i)",
        "real ; i / 3.0",
        "text ; 'it''s \\ ' || chr(i + 1000) || E'\\n\\t' || i",
        "text collate \"C\" ; chr(700 - i)",
        "text collate \"und-x-icu\" ; case when i % 2 = 0 then 'ä' else 'Z' end || i",
        "text collate blind ; 'same' || i",
        "char(9) ; i",
        "varchar(9) ; i",
        "name ; i",
        "uuid ; md5(i::text)::uuid",
        "bytea ; decode(md5(i::text), 'hex')",
        "date ; '0044-03-15 BC'::date + i",
        "timestamp ; now() + i * interval '1 us'",
        "timestamptz ; now() + i * interval '1 us'",
        "time ; '00:00'::time + i * interval '1 s'",
        "interval ; i * interval '1 month 1 s'",
        "inet ; '10.0.0.0'::inet + i",
        "int[] ; array[i % 3, i]",
        "pair ; row(i % 3, i)",
        "positive ; i",
        "int4range ; int4range(i, i + 1)",
        "bit(12) ; i::bit(12)",
        "jsonb ; jsonb_build_object('a', i)",
        "money ; i",
        "mood ; case i when 1 then 'sad' else 'so so' end",
        "boolean ; i = 1",
      })
  void pagesOfEveryKeyAreDisjointAndComplete(String type, String value) throws Exception {
    int rows = type.equals("mood") || type.equals("boolean") ? 2 : 500;
    database.execute(
        "create collation blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
            + " create type pair as (a int, b int); create type mood as enum ('so so', 'sad');"
            + " create domain positive as int check (value > 0);"
            + " create table keyed(v int, k "
            + type
            + " primary key); insert into keyed select i, ("
            + value
            + ")::"
            + type.replaceFirst(" collate.*", "")
            + " from generate_series(1, "
            + rows
            + ") i");
    retake();
    database.execute("update keyed set v = -v");
    List<String> all = read(snapshot.name(), columns("keyed", "v"), LONG).rows;

    assertThat(walk(page("keyed", 7, List.of(), List.of("v")))).isEqualTo(all).hasSize(rows);
    List<Order> down = List.of(new Order("k", false, Optional.of(PageRequest.Nulls.LAST)));
    assertThat(walk(page("keyed", 7, down, List.of("v")))).isEqualTo(reversed(all));
  }

  @Test
  void compositeKeysArePagedInTheKeysOrder() throws Exception {
    database.execute(
        "create table pairs(b text collate \"C\", v int, a int, primary key (a, b));"
            + " insert into pairs select (i * 7 % 1000)::text, i, i / 50"
            + " from generate_series(1, 1000) i");
    retake();

    List<String> rows = walk(page("pairs", 33, List.of(), List.of()));

    assertThat(rows).hasSize(1000).isEqualTo(read(snapshot.name(), page("pairs"), LONG).rows);
    Order a = new Order("A", true, Optional.empty());
    assertThat(walk(page("pairs", 33, List.of(a), List.of()))).isEqualTo(rows);
  }

  @Test
  void partitionedTablesArePagedAcrossTheirPartitions() throws Exception {
    database.execute(
        "create table spread(k int primary key) partition by hash (k);"
            + " create table s0 partition of spread for values with (modulus 2, remainder 0);"
            + " create table s1 partition of spread for values with (modulus 2, remainder 1);"
            + " insert into spread select generate_series(1, 300)");
    retake();

    assertThat(walk(page("spread", 10, List.of(), List.of())))
        .isEqualTo(read(snapshot.name(), page("spread"), LONG).rows)
        .hasSize(300);
  }

  @Test
  void laterPagesReadTheIndexFromTheirFirstRow() throws Exception {
    database.execute(
        "create table big(a int, b int, primary key (a, b));"
            + " insert into big select i / 10, i from generate_series(1, 100000) i; analyze big");
    retake();
    SnapshotTable table =
        new CatalogReader(pool.connection, List.of())
            .table(TableReference.of("big", Optional.empty()));
    String position = database.text("select ctid from big where b = 99000");
    Keyset order =
        table
            .query(page("big", 100, List.of(), List.of()), Optional.empty())
            .keyset()
            .orElseThrow();
    PageStart start = order.pageStart(List.of(position)).orElseThrow();
    String copy = table.query(page("big", 100, List.of(), List.of()), Optional.of(start)).sql();
    String select = copy.substring("copy (".length(), copy.length() - ") to stdout".length());

    StringBuilder plan = new StringBuilder();
    try (var statement = pool.connection.createStatement();
        var lines = statement.executeQuery("explain " + select)) {
      while (lines.next()) {
        plan.append(lines.getString(1)).append('\n');
      }
    }

    assertThat(plan)
        .containsPattern("Index (Only )?Scan using big_pkey")
        .containsPattern("Index Cond: \\(ROW\\(a, b\\) > ROW")
        .contains("Tid Scan")
        .doesNotContain("Sort", "Seq Scan");
  }

  @Test
  void orderThatIsNoKeysHasNoCursor() throws Exception {
    database.execute("create table heap(v int); insert into heap values (1), (2)");
    retake();
    assertThat(next(page("heap", 1, List.of(), List.of()))).isEmpty();
    Order v = new Order("v", true, Optional.empty());
    assertThat(next(page("changing", 0, List.of(v), List.of()))).isEmpty();
    assertThat(next(page("good", 0, List.of(), List.of()))).as("no row to go on from").isEmpty();
    assertThat(next(page("good", 100, List.of(), List.of()))).as("the last page").isEmpty();
  }

  @Test
  void cursorsOfAnotherTableOrSnapshotAreRefused() throws Exception {
    SnapshotReader reader = new SnapshotReader(pool, LONG);
    String cursor = next(reader, page("good", 1, List.of(), List.of())).orElseThrow();
    assertRefused(reader, after("parts", cursor));
    assertRefused(reader, after("changing", cursor));
    assertRefused(new SnapshotReader(pool, LONG), after("good", cursor));
    assertThat(next(reader, after("good", cursor))).isPresent();

    retake();

    assertRefused(reader, after("good", cursor));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "' or true --", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "é"})
  void inventedCursorsAreRefused(String cursor) throws Exception {
    assertRefused(new SnapshotReader(pool, LONG), after("good", cursor));
  }

  @Test
  void changedCursorsAreRefused() throws Exception {
    SnapshotReader reader = new SnapshotReader(pool, LONG);
    String cursor = next(reader, page("good", 1, List.of(), List.of())).orElseThrow();
    for (int i = 0; i < cursor.length(); i++) {
      char other = cursor.charAt(i) == 'A' ? 'Q' : 'A';
      assertRefused(
          reader, after("good", cursor.substring(0, i) + other + cursor.substring(i + 1)));
    }
  }

  @Test
  void usersOfSingleColumnsHavePagesWithoutCursors() throws Exception {
    database.execute("create role nobody; grant select (id) on good to nobody");
    try (var statement = pool.connection.createStatement()) {
      statement.execute("set role nobody");
      assertThat(next(page("good", 5, List.of(), List.of("id")))).isEmpty();
      statement.execute("reset role");
    }
    database.execute("drop owned by nobody; drop role nobody");
  }

  private void assertRefused(SnapshotReader reader, PageRequest page) {
    assertThatThrownBy(() -> next(reader, page))
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem()).isEqualTo(Problem.BAD_REQUEST))
        .hasMessageContaining("cursor");
  }

  private List<String> walk(PageRequest first) throws Exception {
    SnapshotReader reader = new SnapshotReader(pool, LONG);
    RecordedRows all = new RecordedRows();
    Optional<String> cursor = reader.readPage(snapshot.name(), new KnownTables(), first, all);
    while (cursor.isPresent()) {
      PageRequest page =
          new PageRequest(
              first.table(),
              Optional.empty(),
              0,
              first.limit(),
              List.of(),
              first.columns(),
              cursor);
      cursor = reader.readPage(snapshot.name(), new KnownTables(), page, all);
    }
    return all.rows;
  }

  private Optional<String> next(PageRequest page) throws Exception {
    return next(new SnapshotReader(pool, LONG), page);
  }

  private Optional<String> next(SnapshotReader reader, PageRequest page) throws Exception {
    return reader.readPage(snapshot.name(), new KnownTables(), page, new RecordedRows());
  }

  private static PageRequest after(String table, String cursor) {
    return new PageRequest(
        table, Optional.empty(), 0, 5, List.of(), List.of(), Optional.of(cursor));
  }

  private static PageRequest page(
      String table, int limit, List<Order> order, List<String> columns) {
    return new PageRequest(table, Optional.empty(), 0, limit, order, columns);
  }

  private static List<String> reversed(List<String> rows) {
    List<String> reversed = new ArrayList<>(rows);
    Collections.reverse(reversed);
    return reversed;
  }
}
