package org.pgdeltastream.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.RowListener;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.snapshot.table.KnownTables;
import org.postgresql.PGConnection;

/** What is refused. */
class SnapshotFailurePostgresIT extends OnePooledConnection {
  @ParameterizedTest
  @CsvSource({
    "a_view, a view",
    "a_matview, a materialized view",
    "a_sequence, a sequence",
    "good_pkey, an index",
    "a_composite, a composite type",
    "pg_class, system catalog",
    "pg_catalog.pg_authid, system catalog",
    "information_schema.tables, system catalog",
    "good; drop table good, Not a table name",
    "good where true, Not a table name",
  })
  void refusesWhatIsNoUserTable(String table, String said) {
    refused(Problem.BAD_REQUEST, page(table)).hasMessageContaining(said);
  }

  @Test
  void refusesForeignTables() throws Exception {
    database.execute(
        "drop server if exists s cascade; drop foreign data wrapper if exists w cascade;"
            + " create foreign data wrapper w; create server s foreign data wrapper w;"
            + " create foreign table far(i int) server s");
    retake();
    refused(Problem.BAD_REQUEST, page("far")).hasMessageContaining("a foreign table");
  }

  @ParameterizedTest
  @ValueSource(strings = {"nowhere", "other.good", "\"Good\"", "\"good; drop table good\""})
  void unknownTables(String table) {
    refused(Problem.TABLE_NOT_FOUND, page(table)).hasMessageContaining("does not exist");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"nope", "id\"; drop table good; --", "ctid", "1", "*", "id asc", "(select 1)"})
  void unknownColumns(String column) {
    refused(Problem.COLUMN_NOT_FOUND, columns("good", column));
    refused(Problem.COLUMN_NOT_FOUND, ordered("good", column));
  }

  @Test
  void refusesColumnsNamedTwiceAndTypesWithoutOrder() {
    refused(Problem.BAD_REQUEST, columns("good", "id", "ID")).hasMessageContaining("twice");
    refused(Problem.BAD_REQUEST, ordered("good", "j")).hasMessageContaining("order");
  }

  @Test
  void refusesWhatTheUserMayNotRead() throws Exception {
    database.execute("create role nobody");
    try (Statement statement = pool.connection.createStatement()) {
      statement.execute("set role nobody");
      refused(Problem.FORBIDDEN, page("good")).hasMessageContaining("good");
      database.execute("grant select (id) on good to nobody");
      refused(Problem.FORBIDDEN, page("good"));
      assertThat(read(snapshot.name(), columns("good", "id"), LONG).rows).hasSize(100);
      statement.execute("reset role");
    }
    database.execute("drop owned by nobody; drop role nobody");
  }

  @ParameterizedTest
  @ValueSource(strings = {"00000003-0000001B-1", "FFFFFFFF-FFFFFFFF-9", "-", "0"})
  void closedSnapshotsAreExpired(String name) {
    assertProblem(Problem.SNAPSHOT_EXPIRED, name, page("good"), LONG);
  }

  @Test
  void snapshotEndsWithItsHolder() throws Exception {
    snapshot.close();
    await("PostgreSQL to notice that the holder has gone")
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> refused(Problem.SNAPSHOT_EXPIRED, page("good")));
    assertThatThrownBy(() -> read("x'; drop table good; --", page("good"), LONG))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void waitingTooLongIsBusy() throws Exception {
    try (Connection other = database.connect();
        Statement statement = other.createStatement()) {
      statement.execute("begin; lock table good");
      assertProblem(Problem.UPSTREAM_BUSY, snapshot.name(), page("good"), Duration.ofMillis(300));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 100, 300_000})
  void listenersFailureStopsTheRead(int limit) throws Exception {
    database.execute(
        "create table big as select i, repeat('x', 100) from generate_series(1, 300000) i");
    retake();
    GoneClient gone = new GoneClient();
    PageRequest page = new PageRequest("big", Optional.empty(), 0, limit, List.of(), List.of());
    assertThatThrownBy(
            () ->
                new SnapshotReader(pool, LONG)
                    .readPage(snapshot.name(), new KnownTables(), page, gone))
        .isInstanceOf(IOException.class)
        .hasNoSuppressedExceptions();
    assertThat(gone.heard.rows).hasSize(1);
    assertThat(gone.heard.ended).isFalse();
  }

  /** What they mean is for the package that knows all of PostgreSQL's codes. */
  @Test
  void passesOnWhatSaysNothingAboutTables() throws Exception {
    long pid = pool.connection.unwrap(PGConnection.class).getBackendPID();
    database.execute("select pg_terminate_backend(" + pid + ")");
    assertThatThrownBy(() -> read(snapshot.name(), page("good"), LONG))
        .isInstanceOf(SQLException.class)
        .extracting(e -> ((SQLException) e).getSQLState())
        .isIn("57P01", "08006");
    assertThat(pool.lent).isZero();
    pool.lent = 1; // an exhausted pool
    assertThatThrownBy(() -> read(snapshot.name(), page("good"), LONG))
        .isInstanceOf(SQLException.class);
    pool.connection.close();
  }

  /** Fails at the first row. */
  private static final class GoneClient implements RowListener {
    final RecordedRows heard = new RecordedRows();

    @Override
    public void columns(List<Column> columns) {
      heard.columns(columns);
    }

    @Override
    public void row(Tuple row) throws IOException {
      heard.row(row);
      throw new IOException("enough");
    }

    @Override
    public void end() {
      heard.end();
    }
  }
}
