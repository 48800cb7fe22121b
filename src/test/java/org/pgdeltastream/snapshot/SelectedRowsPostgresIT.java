package org.pgdeltastream.snapshot;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.StringWriter;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.change.Numbers;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.PageRequest.Nulls;
import org.pgdeltastream.change.PageRequest.Order;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.TableRequest;
import org.pgdeltastream.change.TableRequest.Part;
import org.pgdeltastream.snapshot.table.KnownTables;
import org.postgresql.PGConnection;

/** Pages and whole tables of some rows: the same as PostgreSQL's WHERE finds. */
class SelectedRowsPostgresIT extends OnePooledConnection {
  private static final String COLUMNS = "id, status, total, vip, due, note";

  @BeforeEach
  void makeOrders() throws Exception {
    database.execute(
        """
        create type mood as enum ('sad', 'ok');
        create table orders(id int primary key, status text, total numeric(10,2), vip boolean,
          due timestamptz, note text collate "C", m mood, j json,
          label text collate "und-x-icu");
        insert into orders select i, (array['open', 'paid', 'it''s \\ "x"', null])[i % 4 + 1],
          case when i % 7 > 0 then i * 1.5 end, (array[true, false, null])[i % 3 + 1],
          '2024-01-01 00:00Z'::timestamptz + i * interval '1 hour', chr(65 + i % 26) || i, 'ok'
          from generate_series(1, 500) i;
        analyze orders;
        """);
    retake();
    database.execute("update orders set status = 'later', total = 0"); // not seen
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "status=eq.open ; status = 'open'",
        "status=neq.open ; status <> 'open'",
        "status=isdistinct.open ; status is distinct from 'open'",
        "status=eq.it's \\ \"x\" ; status = 'it''s \\ \"x\"'",
        "status=in.(open,paid) ; status in ('open', 'paid')",
        "status=not.in.(open,paid) ; status not in ('open', 'paid')",
        "status=is.null ; status is null",
        "status=like.*p*n ; status like '%p%n'",
        "note=ilike.b* ; note ilike 'b%'",
        "note=gte.M2 ; note >= 'M2'",
        "total=gt.100 ; total > 100",
        "total=eq.150.000 ; total = 150",
        "vip=is.unknown ; vip is unknown",
        "vip=not.is.true ; not (vip is true)",
        "due=lt.2024-01-05 02:00+02 ; due < '2024-01-05 00:00Z'",
        "m=eq.ok ; m = 'ok'",
        "j=is.null ; j is null",
        "id=eq.501 ; false",
        "status=eq.x') or (true ; status = 'x'') or (true'",
        "and(status.eq.open,or(total.gt.600,vip.is.true),id.not.in.(8,12))"
            + " ; status = 'open' and (total > 600 or vip) and id not in (8, 12)",
        "not.or(status.is.null,total.lt.5) ; not (status is null or total < 5)",
      })
  void pagesAndTablesHaveTheRowsOfWhere(String rows, String where) throws Exception {
    List<String> expected = selected(where, "order by id");

    assertThat(walk(rows, 7, List.of())).isEqualTo(expected);
    assertThat(byOffset(rows, 90)).isEqualTo(expected);
    assertThat(whole(rows, Part.WHOLE)).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(csv(rows)).isEqualTo(copy("select * from orders where " + where));
  }

  @Test
  void eachOrderIsPagedExactly() throws Exception {
    for (boolean up : new boolean[] {true, false}) {
      for (Nulls nulls : Nulls.values()) {
        List<Order> order = List.of(new Order("total", up, Optional.of(nulls)));
        String by = "order by total %s nulls %s, id".formatted(up ? "asc" : "desc", nulls);
        assertThat(walk("status=neq.paid", 9, order))
            .isEqualTo(selected("status <> 'paid'", by))
            .hasSize(250);
      }
    }
  }

  @Test
  void partsTogetherAreTheRows() throws Exception {
    List<String> all = new ArrayList<>();
    for (int part = 1; part <= 3; part++) {
      all.addAll(whole("status=eq.open", new Part(part, 3)));
    }
    assertThat(all).containsExactlyInAnyOrderElementsOf(selected("status = 'open'", ""));
  }

  @Test
  void moreThanOneConditionMustHold() throws Exception {
    RecordedRows found = new RecordedRows();
    read(List.of("status=eq.open", "total=gt.700"), Part.WHOLE, found);
    assertThat(found.rows).hasSize(selected("status = 'open' and total > 700", "").size());
  }

  @Test
  void cursorGoesOnWithTheSameRowsOnly() throws Exception {
    SnapshotReader reader = new SnapshotReader(pool, LONG);
    Optional<String> cursor = next(reader, "status=in.(open,paid)", Optional.empty());

    for (String other : new String[] {"status=eq.open", "status=in.(open,paid,x)", ""}) {
      assertThatThrownBy(() -> next(reader, other, cursor))
          .isInstanceOfSatisfying(
              ProblemException.class, e -> assertThat(e.problem()).isEqualTo(Problem.BAD_REQUEST))
          .hasMessageContaining("with these rows");
    }
    assertThat(next(reader, "status=in.(paid,open)", cursor)).as("spelled otherwise").isPresent();
    Optional<String> ofAll = next(reader, "", Optional.empty());
    assertThatThrownBy(() -> next(reader, "status=eq.open", ofAll))
        .hasMessageContaining("with these rows");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "status ; cannot be read",
        "total=eq.many ; many is no value of type numeric, which column total has",
        "and(id.gt.1,total.eq.1,id.eq.1x) ; 1x is no value of type integer",
        "m=eq.glad ; is no value of type mood",
        "due=gt.tomorrow ; is no constant",
        "note=like.a\\ ; ends in a backslash",
        "j=eq.{} ; only is.null",
        "label=gt.a ; only with the collation C",
        "id=is.true ; needs a boolean",
      })
  void whatCannotBeDecidedIsRefusedWithTheReason(String rows, String why) throws Exception {
    refused(Problem.BAD_REQUEST, page(rows, 10, List.of(), Optional.empty()))
        .hasMessageContaining(why);
    assertThatThrownBy(() -> whole(rows, Part.WHOLE))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(why);
  }

  @ParameterizedTest
  @ValueSource(strings = {"wrong=eq.1", "Status=eq.open", "ctid=is.null", "id\"=eq.1"})
  void columnThatIsNotThereIsRefused(String rows) {
    refused(Problem.COLUMN_NOT_FOUND, page(rows, 10, List.of(), Optional.empty()))
        .hasMessageContaining("has no column");
  }

  @Test
  void columnThatThePublicationLeavesOutCannotBeAskedFor() throws Exception {
    database.execute(
        "drop publication if exists p; create publication p for table orders (id, status)");
    retake();
    KnownTables tables = new KnownTables(List.of("p"));
    assertThatThrownBy(
            () ->
                new SnapshotReader(pool, LONG)
                    .readPage(
                        snapshot.name(),
                        tables,
                        page("total=gt.1", 10, List.of(), Optional.empty()),
                        new RecordedRows()))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.problem()).isEqualTo(Problem.COLUMN_NOT_FOUND));
    database.execute("drop publication p");
  }

  @Test
  void columnThatMayNotBeReadCannotBeAskedFor() throws Exception {
    database.execute("create role nobody; grant select (id) on orders to nobody");
    try (Statement statement = pool.connection.createStatement()) {
      statement.execute("set role nobody");
      PageRequest page =
          new PageRequest(
              "orders",
              Optional.empty(),
              0,
              5,
              List.of(),
              List.of("id"),
              Numbers.AS_NUMBERS,
              List.of("status=eq.open"),
              Optional.empty());
      refused(Problem.FORBIDDEN, page);
      statement.execute("reset role");
    }
    database.execute("drop owned by nobody; drop role nobody");
  }

  @Test
  void publicationsRowsAndTheClientsMustBothHold() throws Exception {
    database.execute(
        "drop publication if exists p;"
            + " create publication p for table changing where (id < 5 or id > 9)");
    database.execute("insert into changing select i, i, i from generate_series(3, 20) i");
    retake();
    RecordedRows found = new RecordedRows();
    TableRequest request =
        new TableRequest(
            "changing",
            Optional.empty(),
            List.of("id"),
            Part.WHOLE,
            Numbers.AS_NUMBERS,
            List.of("or(v.eq.4,v.eq.7,v.eq.12)"));
    new SnapshotReader(pool, LONG)
        .readTable(snapshot.name(), new KnownTables(List.of("p")), request, found);
    assertThat(found.rows).containsExactlyInAnyOrder("4", "12");
    database.execute("drop publication p");
  }

  /** It would be another one of the same name, and null in all rows. */
  @Test
  void columnThatWasMadeAnewSinceIsNoticed() throws Exception {
    database.execute("alter table orders drop status; alter table orders add status text");
    PageRequest ids =
        new PageRequest(
            "orders",
            Optional.empty(),
            0,
            5,
            List.of(),
            List.of("id"),
            Numbers.AS_NUMBERS,
            List.of("status=is.null"),
            Optional.empty());
    refused(Problem.SNAPSHOT_TABLE_REWRITTEN, ids);
    database.execute("alter table orders drop m; drop type mood");
    refused(Problem.SNAPSHOT_TABLE_REWRITTEN, page("m=eq.ok", 10, List.of(), Optional.empty()));
  }

  private List<String> walk(String rows, int limit, List<Order> order) throws Exception {
    SnapshotReader reader = new SnapshotReader(pool, LONG);
    KnownTables tables = new KnownTables();
    RecordedRows all = new RecordedRows();
    Optional<String> cursor = Optional.empty();
    do {
      PageRequest page = page(rows, limit, cursor.isPresent() ? List.of() : order, cursor);
      cursor = reader.readPage(snapshot.name(), tables, page, all);
    } while (cursor.isPresent());
    return all.rows;
  }

  private List<String> byOffset(String rows, int limit) throws Exception {
    List<String> all = new ArrayList<>();
    List<String> page;
    do {
      PageRequest request =
          new PageRequest(
              "orders",
              Optional.empty(),
              all.size(),
              limit,
              List.of(),
              List.of(COLUMNS.split(", ")),
              Numbers.AS_NUMBERS,
              List.of(rows),
              Optional.empty());
      page = read(snapshot.name(), request, LONG).rows;
      all.addAll(page);
    } while (page.size() == limit);
    return all;
  }

  private Optional<String> next(SnapshotReader reader, String rows, Optional<String> cursor)
      throws Exception {
    PageRequest page = page(rows, 5, List.of(), cursor);
    return reader.readPage(snapshot.name(), new KnownTables(), page, new RecordedRows());
  }

  private static PageRequest page(
      String rows, int limit, List<Order> order, Optional<String> cursor) {
    return new PageRequest(
        "orders",
        Optional.empty(),
        0,
        limit,
        order,
        List.of(COLUMNS.split(", ")),
        Numbers.AS_NUMBERS,
        rows.isEmpty() ? List.of() : List.of(rows),
        cursor);
  }

  private static TableRequest request(List<String> rows, Part part, String... columns) {
    return new TableRequest(
        "orders", Optional.empty(), List.of(columns), part, Numbers.AS_NUMBERS, rows);
  }

  private List<String> whole(String rows, Part part) throws Exception {
    RecordedRows found = new RecordedRows();
    read(List.of(rows), part, found);
    assertThat(found.ended).isTrue();
    return found.rows;
  }

  private void read(List<String> rows, Part part, RecordedRows found) throws Exception {
    new SnapshotReader(pool, LONG)
        .readTable(
            snapshot.name(), new KnownTables(), request(rows, part, COLUMNS.split(", ")), found);
  }

  private String csv(String rows) throws Exception {
    ByteArrayOutputStream csv = new ByteArrayOutputStream();
    new SnapshotReader(pool, LONG)
        .copyTable(snapshot.name(), new KnownTables(), request(List.of(rows), Part.WHOLE), csv);
    return csv.toString(UTF_8);
  }

  /** What PostgreSQL says itself, under the same snapshot. */
  private List<String> selected(String where, String order) throws Exception {
    String sql = "select " + COLUMNS + " from orders where " + where + " " + order;
    try (Connection connection = adopted();
        Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery(sql)) {
      List<String> rows = new ArrayList<>();
      while (found.next()) {
        List<String> values = new ArrayList<>();
        for (int i = 1; i <= found.getMetaData().getColumnCount(); i++) {
          values.add(String.valueOf(found.getString(i)).replaceFirst("^null$", "NULL"));
        }
        rows.add(String.join("|", values));
      }
      return rows;
    }
  }

  private String copy(String select) throws Exception {
    try (Connection connection = adopted()) {
      StringWriter csv = new StringWriter();
      connection
          .unwrap(PGConnection.class)
          .getCopyAPI()
          .copyOut("copy (" + select + ") to stdout (format csv, header)", csv);
      return csv.toString();
    }
  }

  private Connection adopted() throws Exception {
    Connection connection = database.connect();
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "set transaction isolation level repeatable read read only; set transaction snapshot '"
              + snapshot.name()
              + "'; set local timezone = 'UTC'");
    }
    return connection;
  }
}
