package org.pgdeltastream.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.pgdeltastream.support.TestDatabase;

/**
 * What is written between the making of the master slot and its end.
 *
 * @param setup makes the tables; none if pgbench does
 * @param sessions statements of each session; they run side by side
 * @param transactions of pgbench, which has tables of its own; 0 if the sessions write
 * @param lanes ids that are equal modulo this come in their order and without a gap; 0 if the ids
 *     tell nothing
 * @param changes how many the slot gives
 */
record Workload(
    String name,
    String setup,
    List<List<String>> sessions,
    int transactions,
    int lanes,
    int changes) {
  private static final String NARROW =
      "create table w(id bigint primary key, k int, v int, t text)";
  private static final String NARROW_ROW = "i, i % 1000, i / 7, 'a text of some letters'";
  private static final String WIDE =
      """
      create table w(id bigint primary key, a int, b smallint, c numeric(18,4), d float8, e bool,
        f text, g text, h varchar(80), i char(8), j timestamptz, k timestamp, l date, m jsonb,
        n uuid, o bytea, p int[], q text[], r numeric, s interval)""";
  private static final String WIDE_ROW =
      """
      x, x % 1000, x % 30000, x / 7.0, x / 3.0, x % 2 = 0,
      E'line \\n and "quote" and \\\\ ' || repeat('abc ', 40), 'é ☃ 日本語 😀' || repeat('é', 60),
      repeat('v', 70), 'c' || x % 1000, '2026-01-01'::timestamptz + x * interval '1 s',
      '2026-01-01'::timestamp + x * interval '1 s', '2026-01-01'::date + (x % 1000)::int,
      jsonb_build_object('k', x, 'list', array[1,2,3], 'text', repeat('j', 60)),
      md5(x::text)::uuid, decode(repeat(md5(x::text), 2), 'hex'), array[1, 2, 3, x::int],
      array['one', 'two', 'three'], case when x % 3 = 0 then null else x / 11.0 end,
      x * interval '1 minute'""";

  /** Single-row transactions of four sessions. */
  static Workload w1(int changes) {
    List<List<String>> sessions = new ArrayList<>();
    for (int lane = 0; lane < 4; lane++) {
      String insert =
          "insert into w select "
              + NARROW_ROW
              + " from (select n * 4::bigint + "
              + lane
              + " as i) x";
      sessions.add(List.of(loop(changes / 4, insert)));
    }
    return new Workload("W1", NARROW, sessions, 0, 4, changes / 4 * 4);
  }

  /** Transactions of 1,000 rows. */
  static Workload w2(int changes) {
    String insert =
        "insert into w select " + NARROW_ROW + " from generate_series(n * 1000, n * 1000 + 999) i";
    return new Workload(
        "W2", NARROW, List.of(List.of(loop(changes / 1000, insert))), 0, 1, changes / 1000 * 1000);
  }

  /** One transaction. */
  static Workload w3(int changes) {
    String insert =
        "insert into w select " + NARROW_ROW + " from generate_series(0, " + (changes - 1) + ") i";
    return new Workload("W3", NARROW, List.of(List.of(insert)), 0, 1, changes);
  }

  /** Wide rows, ten a transaction. */
  static Workload w4(int changes) {
    String insert =
        "insert into w select " + WIDE_ROW + " from generate_series(n * 10, n * 10 + 9) x";
    return new Workload(
        "W4", WIDE, List.of(List.of(loop(changes / 10, insert))), 0, 1, changes / 10 * 10);
  }

  /** Updates and deletes of two tables, one with the identity full, 100 rows a transaction. */
  static Workload w5(int changes) {
    int transactions = changes / 400;
    StringBuilder setup = new StringBuilder();
    List<String> work = new ArrayList<>();
    for (String table : List.of("w", "wf")) {
      setup.append(
          """
          create table %1$s(id bigint primary key, k int, v int, t text, ts timestamptz);
          insert into %1$s select i, i, i, 'a text', now() from generate_series(0, %2$d) i;
          """
              .formatted(table, transactions * 100 - 1));
      String range = " where id between n * 100 and n * 100 + 99";
      work.add(
          loop(transactions, "update " + table + " set k = k + 1, v = v + 1, ts = now()" + range));
      work.add(loop(transactions, "delete from " + table + range));
    }
    setup.append("alter table wf replica identity full");
    return new Workload("W5", setup.toString(), List.of(work), 0, 0, transactions * 400);
  }

  /** TPC-B: three updates and an insert a transaction. */
  static Workload w6(int changes) {
    return new Workload("W6", "", List.of(), changes / 16, 0, changes / 16 * 16);
  }

  private static String loop(int times, String statement) {
    return "do $$ begin for n in 0..%d loop %s; commit; end loop; end $$"
        .formatted(times - 1, statement);
  }

  /** Makes the tables and the publication p. */
  void prepare(TestDatabase database) throws Exception {
    database.execute("drop publication if exists p");
    database.execute("drop table if exists w, wf");
    if (transactions > 0) {
      Tools.run(database, "pgbench", "-i", "-s", "10", "-q", "postgres");
    } else {
      database.execute(setup);
    }
    database.execute("create publication p for all tables");
  }

  /** Writes all of it, the sessions side by side. */
  void write(TestDatabase database) throws Exception {
    if (transactions > 0) {
      Tools.run(database, "pgbench", "-n", "-c", "4", "-t", "" + transactions, "postgres");
      return;
    }
    ExecutorService pool = Executors.newCachedThreadPool();
    try {
      List<Callable<Boolean>> all = new ArrayList<>();
      for (List<String> session : sessions) {
        all.add(
            () -> {
              for (String statement : session) {
                database.execute(statement);
              }
              return true;
            });
      }
      for (var done : pool.invokeAll(all)) {
        done.get();
      }
    } finally {
      pool.shutdown();
    }
  }
}
