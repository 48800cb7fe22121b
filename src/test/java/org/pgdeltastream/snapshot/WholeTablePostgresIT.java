package org.pgdeltastream.snapshot;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.TableRequest;
import org.pgdeltastream.change.TableRequest.Part;
import org.pgdeltastream.change.TableSummary;
import org.pgdeltastream.snapshot.table.KnownTables;

/** Tables from end to end, and in parts. */
class WholeTablePostgresIT extends OnePooledConnection {
  private static final String BIG =
      "create table big(i int, t text); alter table big alter t set storage plain;"
          + " insert into big select i, repeat('x', 1000) from generate_series(1, 9000) i";

  @Test
  void readsAllRowsAsOfTheSnapshotWithoutATimeLimit() throws Exception {
    database.execute("update good set id = -id where id > 50");

    RecordedRows rows = new RecordedRows();
    new SnapshotReader(pool, Duration.ofMillis(1))
        .readTable(snapshot.name(), new KnownTables(), request("good", Part.WHOLE, "id"), rows);

    assertThat(rows.rows).hasSize(100).contains("1", "100");
    assertThat(rows.ended).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void partsAreDisjointAndCompleteWhileTheTableGrows(int parts) throws Exception {
    database.execute(BIG);
    retake();
    RecordedRows all = new RecordedRows();
    for (int part = 1; part <= parts; part++) {
      all.rows.addAll(rows("big", new Part(part, parts), "i").rows);
      database.execute(
          "insert into big select 100000 + i, repeat('y', 1000) from generate_series(1, 5000) i;"
              + " update big set t = 'z' where i % 3 = 0 and i < 9000");
      database.execute("vacuum big");
    }
    assertThat(all.rows).hasSize(9000).doesNotHaveDuplicates();
    if (parts == 2) {
      assertThat(rows("big", new Part(1, 2), "i").rows).hasSizeBetween(3000, 6000);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"partition by hash (i)", ""})
  void partsOfFamiliesAreDisjointAndComplete(String by) throws Exception {
    boolean partitioned = !by.isEmpty();
    database.execute(
        "create table big(i int, t text) "
            + by
            + (partitioned
                ? "; create table b0 partition of big for values with (modulus 2, remainder 0);"
                    + " create table b1 partition of big for values with (modulus 2, remainder 1);"
                : "; create table b0() inherits (big); insert into b0 values (0, 'x');")
            + " insert into big select i, repeat(md5(i::text), 30)"
            + " from generate_series(1, 9000) i");
    retake();
    RecordedRows all = new RecordedRows();
    for (int part = 1; part <= 3; part++) {
      all.rows.addAll(rows("big", new Part(part, 3), "i").rows);
    }
    assertThat(all.rows).hasSize(9000).doesNotHaveDuplicates();
  }

  @Test
  void olderServersComparePartsOneByOneWithTheSameAnswer() throws Exception {
    database.execute(BIG);
    retake();
    int sum = 0;
    for (int part = 1; part <= 3; part++) {
      String condition = Stripes.of(new Part(part, 3), 0, 13).get(0);
      int rows = Integer.parseInt(database.text("select count(*) from big" + condition));
      assertThat(rows("big", new Part(part, 3), "i").rows).hasSize(rows);
      sum += rows;
    }
    assertThat(sum).isEqualTo(9000);
  }

  @Test
  void writesCsvAsPostgresDoes() throws Exception {
    database.execute(
        "create table c(\"a,b\" int, t text, x bytea, n text); insert into c values"
            + " (1, E'say \"hi\"\\nthere', '\\x00ff', null), (2, '', null, 'n')");
    retake();
    assertThat(csv("c", Part.WHOLE))
        .isEqualTo("\"a,b\",t,x,n\n1,\"say \"\"hi\"\"\nthere\",\\x00ff,\n2,\"\",,n\n");
    assertThat(csv("c", new Part(1, 2)) + csv("c", new Part(2, 2)))
        .isEqualTo(csv("c", Part.WHOLE) + "\"a,b\",t,x,n\n");
  }

  @Test
  void readsGeneratedColumns() throws Exception {
    database.execute(
        "create table g(id int, twice int generated always as (2 * id) stored);"
            + " insert into g values (1), (2)");
    retake();
    assertThat(csv("g", Part.WHOLE)).isEqualTo("id,twice\n1,2\n2,4\n");
    assertThat(rows("g", Part.WHOLE, "twice").rows).hasSize(2);
  }

  @Test
  void partsAndColumnsAreRefusedAsForPages() throws Exception {
    problem(Problem.COLUMN_NOT_FOUND, request("good", Part.WHOLE, "nope"));
    problem(Problem.TABLE_NOT_FOUND, request("nope", Part.WHOLE));
    problem(Problem.BAD_REQUEST, request("a_view", Part.WHOLE));
    problem(Problem.BAD_REQUEST, request("pg_class", Part.WHOLE));
    database.execute("create role nobody; grant select (id) on good to nobody");
    try (Statement statement = pool.connection.createStatement()) {
      statement.execute("set role nobody");
      problem(Problem.FORBIDDEN, request("good", Part.WHOLE));
      problem(Problem.FORBIDDEN, request("good", new Part(1, 2), "id"));
      assertThat(rows("good", Part.WHOLE, "id").rows).hasSize(100);
      statement.execute("reset role");
    }
    database.execute("drop owned by nobody; drop role nobody");
  }

  @ParameterizedTest
  @CsvSource({
    "truncate changing, changing, SNAPSHOT_TABLE_REWRITTEN",
    "truncate parts_1, parts, SNAPSHOT_TABLE_REWRITTEN",
    "drop table changing, changing, TABLE_NOT_FOUND",
    "alter table changing drop v, changing, SNAPSHOT_TABLE_REWRITTEN",
  })
  void rewrittenTablesHaveNoEnd(String change, String table, Problem problem) throws Exception {
    database.execute(change);
    for (Part part : List.of(Part.WHOLE, new Part(1, 2))) {
      problem(problem, request(table, part));
      assertThatThrownBy(() -> csv(table, part)).isInstanceOf(ProblemException.class);
    }
  }

  @Test
  void endsTheQueryWhenItsReaderFails() throws Exception {
    database.execute(BIG);
    retake();
    OutputStream gone =
        new OutputStream() {
          @Override
          public void write(int one) throws IOException {
            throw new IOException("gone");
          }
        };
    assertThatThrownBy(
            () ->
                new SnapshotReader(pool, LONG)
                    .copyTable(
                        snapshot.name(), new KnownTables(), request("big", Part.WHOLE), gone))
        .hasMessage("gone");
    assertThat(
            database.text(
                "select count(*) from pg_stat_activity where query like 'copy%'"
                    + " and state = 'active'"))
        .isEqualTo("0");
  }

  @Test
  void listsWhatCanBeRead() throws Exception {
    database.execute(
        "create table full_table(b numeric(9,2), a int[], primary key (b, a));"
            + " alter table full_table replica identity full;"
            + " insert into full_table select i, array[i] from generate_series(1, 5000) i;"
            + " insert into parts select 2; analyze full_table; analyze good;"
            + " create temp table passing(i int); create table dropped(i int)");
    retake();
    database.execute("drop table dropped; create table later(i int)");

    List<TableSummary> tables =
        new SnapshotReader(pool, LONG).tables(snapshot.name(), new KnownTables());

    assertThat(tables)
        .extracting(table -> table.name().toString())
        .containsExactly(
            "public.changing",
            "public.full_table",
            "public.good",
            "public.loose",
            "public.parts",
            "public.parts_1");
    TableSummary full = tables.get(1);
    assertThat(full.estimatedRows()).isEqualTo(5000);
    assertThat(full.bytes()).isGreaterThan(100_000);
    assertThat(full.key()).containsExactly("b", "a");
    assertThat(full.replicaIdentity()).isEqualTo("full");
    assertThat(full.columns())
        .containsExactly(
            new TableSummary.TypedColumn("b", "numeric(9,2)"),
            new TableSummary.TypedColumn("a", "integer[]"));
    TableSummary parts = tables.get(4);
    assertThat(parts.bytes()).isEqualTo(8192);
    assertThat(parts.estimatedRows()).as("never analyzed").isPositive();
    assertThat(parts.replicaIdentity()).isEqualTo("default");
  }

  @Test
  void listsNothingThatMayNotBeRead() throws Exception {
    database.execute("create role nobody; grant select (id) on good to nobody");
    try (Statement statement = pool.connection.createStatement()) {
      statement.execute("set role nobody");
      assertThat(new SnapshotReader(pool, LONG).tables(snapshot.name(), new KnownTables()))
          .singleElement()
          .satisfies(
              good ->
                  assertThat(good.columns())
                      .containsExactly(new TableSummary.TypedColumn("id", "integer")));
      statement.execute("reset role");
    }
    database.execute("drop owned by nobody; drop role nobody");
  }

  private void problem(Problem problem, TableRequest request) {
    RecordedRows rows = new RecordedRows();
    assertThatThrownBy(
            () ->
                new SnapshotReader(pool, LONG)
                    .readTable(snapshot.name(), new KnownTables(), request, rows))
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem()).isEqualTo(problem));
    assertThat(rows.ended).isFalse();
  }

  private RecordedRows rows(String table, Part part, String... columns) throws Exception {
    RecordedRows rows = new RecordedRows();
    new SnapshotReader(pool, LONG)
        .readTable(snapshot.name(), new KnownTables(), request(table, part, columns), rows);
    return rows;
  }

  private String csv(String table, Part part) throws Exception {
    ByteArrayOutputStream csv = new ByteArrayOutputStream();
    new SnapshotReader(pool, LONG)
        .copyTable(snapshot.name(), new KnownTables(), request(table, part), csv);
    return csv.toString(UTF_8);
  }

  private static TableRequest request(String table, Part part, String... columns) {
    return new TableRequest(table, Optional.empty(), List.of(columns), part);
  }
}
