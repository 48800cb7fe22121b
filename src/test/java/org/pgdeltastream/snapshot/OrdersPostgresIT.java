package org.pgdeltastream.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.change.PageRequest;
import org.pgdeltastream.change.PageRequest.Nulls;
import org.pgdeltastream.change.PageRequest.Order;
import org.pgdeltastream.snapshot.table.CatalogReader;
import org.pgdeltastream.snapshot.table.KnownTables;
import org.pgdeltastream.snapshot.table.PageQuery;
import org.pgdeltastream.snapshot.table.PageStart;
import org.pgdeltastream.snapshot.table.SnapshotTable;
import org.pgdeltastream.snapshot.table.TableReference;

/** Pages that go on behind a cursor in orders other than the primary key's. */
class OrdersPostgresIT extends OnePooledConnection {
  private static final List<String> COLUMNS = List.of("a", "b", "t", "p", "k", "u");

  @BeforeEach
  void load() throws Exception {
    database.execute(
        """
        create type pair as (x int, y int);
        create table many(k int primary key, u text not null collate "C", a int, b numeric not null,
                          t text, p pair);
        create unique index many_u on many(u);
        insert into many select i, md5(i::text), nullif(i % 7, 3), i % 5, nullif('t' || i % 3, 't1'),
            case i % 4 when 0 then null when 1 then row(null, null)::pair else row(i % 3, null)::pair end
          from generate_series(1, 300) i;
        create table keyless(u int not null, n int, constraint one unique (u));
        insert into keyless select i, nullif(i % 4, 2) from generate_series(1, 100) i;
        create table maybe(u int unique, n int);
        insert into maybe values (1, 1), (null, 2), (null, 3);
        create table few(u int not null, deleted bool not null);
        create unique index on few(u) where not deleted;
        create unique index on few((u + 1));
        insert into few values (1, true), (1, false) on conflict do nothing;
        """);
    retake();
  }

  /** Whatever the order, cursors find what OFFSET finds. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void goOnAsOffsetDoesInAnyOrder(long seed) throws Exception {
    Random random = new Random(seed);
    for (int i = 0; i < 15; i++) {
      List<Order> order = anyOrder(random);
      int limit = 5 + random.nextInt(120);
      assertThat(byCursor("many", order, limit))
          .as("seed %d, order %s, limit %d", seed, order, limit)
          .isEqualTo(byOffset("many", order, limit))
          .hasSize(300);
    }
  }

  @Test
  void uniqueKeysThatAreNeverNullAreEnough() throws Exception {
    List<Order> u = List.of(by("u", true), by("n", false));
    assertThat(byCursor("keyless", u, 7)).hasSize(100).isEqualTo(byOffset("keyless", u, 7));
    List<Order> n = List.of(by("n", false), by("u", false));
    assertThat(byCursor("keyless", n, 7)).hasSize(100).isEqualTo(byOffset("keyless", n, 7));
  }

  @Test
  void keysThatMayBeNullOrLeaveRowsOutAreNone() throws Exception {
    database.execute(
        "create table folded(u text not null); create unique index on folded(u collate \"C\");"
            + " insert into folded values ('a'), ('b');"
            + " create table pattern(u text not null);"
            + " create unique index on pattern(u text_pattern_ops);"
            + " insert into pattern values ('a'), ('b')");
    retake();
    for (String table : List.of("maybe", "few", "folded", "pattern")) {
      PageRequest page = page(table, List.of(by("u", true)), 0, 1, Optional.empty());
      assertThat(
              new SnapshotReader(pool, LONG)
                  .readPage(snapshot.name(), new KnownTables(), page, new RecordedRows()))
          .as(table)
          .isEmpty();
    }
  }

  @Test
  void mixedDirectionsBeginAtTheirPlaceInTheIndex() throws Exception {
    database.execute(
        "create table wide as select i as k, i / 10 as a, i % 10 as b"
            + " from generate_series(1, 100000) i; alter table wide add primary key (k);"
            + " alter table wide alter a set not null, alter b set not null;"
            + " create unique index wide_a on wide(a, b desc); analyze wide");
    retake();
    assertThat(plan("wide", "a = 9000 and b = 5", by("a", true), by("b", false)))
        .containsPattern("Index (Only )?Scan using wide_a")
        .containsPattern("Index Cond: \\(a >= ")
        .doesNotContain("Seq Scan", "Sort");
  }

  private String plan(String table, String row, Order... order) throws Exception {
    SnapshotTable read =
        new CatalogReader(pool.connection, List.of())
            .table(TableReference.of(table, Optional.empty()));
    String position = database.text("select ctid from " + table + " where " + row);
    PageQuery first =
        read.query(page(table, List.of(order), 0, 100, Optional.empty()), Optional.empty());
    Optional<PageStart> after = first.keyset().orElseThrow().pageStart(List.of(position));
    String copy = read.query(page(table, List.of(), 0, 100, Optional.empty()), after).sql();
    StringBuilder plan = new StringBuilder();
    try (Statement statement = pool.connection.createStatement();
        var lines =
            statement.executeQuery(
                "explain "
                    + copy.substring("copy (".length(), copy.length() - ") to stdout".length()))) {
      while (lines.next()) {
        plan.append(lines.getString(1)).append('\n');
      }
    }
    return plan.toString();
  }

  private static List<Order> anyOrder(Random random) {
    List<String> columns = new ArrayList<>(COLUMNS);
    Collections.shuffle(columns, random);
    List<Order> order = new ArrayList<>();
    for (String column : columns.subList(0, 1 + random.nextInt(columns.size()))) {
      Optional<Nulls> nulls =
          switch (random.nextInt(3)) {
            case 0 -> Optional.of(Nulls.FIRST);
            case 1 -> Optional.of(Nulls.LAST);
            default -> Optional.empty();
          };
      order.add(new Order(column, random.nextBoolean(), nulls));
    }
    return order;
  }

  private List<String> byCursor(String table, List<Order> order, int limit) throws Exception {
    SnapshotReader reader = new SnapshotReader(pool, LONG);
    RecordedRows all = new RecordedRows();
    Optional<String> cursor =
        reader.readPage(
            snapshot.name(),
            new KnownTables(),
            page(table, order, 0, limit, Optional.empty()),
            all);
    while (cursor.isPresent()) {
      PageRequest next = page(table, List.of(), 0, limit, cursor);
      cursor = reader.readPage(snapshot.name(), new KnownTables(), next, all);
    }
    return all.rows;
  }

  private List<String> byOffset(String table, List<Order> order, int limit) throws Exception {
    SnapshotReader reader = new SnapshotReader(pool, LONG);
    RecordedRows all = new RecordedRows();
    for (int offset = 0, before = -1; before < all.rows.size(); offset += limit) {
      before = all.rows.size();
      reader.readPage(
          snapshot.name(),
          new KnownTables(),
          page(table, order, offset, limit, Optional.empty()),
          all);
    }
    return all.rows;
  }

  private static Order by(String column, boolean ascending) {
    return new Order(column, ascending, Optional.empty());
  }

  private static PageRequest page(
      String table, List<Order> order, long offset, int limit, Optional<String> after) {
    return new PageRequest(table, Optional.empty(), offset, limit, order, List.of(), after);
  }
}
