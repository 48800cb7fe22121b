package org.pgdeltastream.slot;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Tables, transactions and options by chance; the same for the same seed. */
final class RandomWork {
  private static final List<String> NAMES =
      List.of("a", "\"B b\"", "\"sel\"\"ect\"", "\"日本\"", "c_c", "\"x.y\"", "\"D\\e\"", "f");

  /** wal2json does not escape defaults: these have nothing to escape. */
  private static final List<String> WITH_DEFAULT =
      List.of("integer", "bigint", "boolean", "numeric(12,4)", "date", "uuid", "mood", "d_num");

  private final Random random;
  private final List<Table> tables = new ArrayList<>();
  private int tableCount;

  private record Column(String name, String type) {}

  private record Table(String name, List<Column> columns, boolean identity) {}

  RandomWork(long seed) {
    random = new Random(seed);
  }

  /** Makes tables and runs so many transactions; answers how many. */
  int run(TwoPlugins plugins, int transactions) throws SQLException {
    List<String> texts = new ArrayList<>();
    int count = 3 + random.nextInt(5);
    for (int i = 0; i < count; i++) {
      create(texts);
    }
    for (int i = 0; i < transactions; i++) {
      texts.add(transaction());
    }
    plugins.run(texts.toArray(new String[0]));
    return transactions;
  }

  /** Query strings that both plugins take. */
  List<String> options(int count) {
    List<String> options = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      StringBuilder query = new StringBuilder(random.nextBoolean() ? "format=2" : "format=1");
      for (String name :
          List.of(
              "include-xids",
              "include-timestamp",
              "include-lsn",
              "include-schemas",
              "include-types",
              "include-typmod",
              "include-type-oids",
              "include-not-null",
              "include-default",
              "include-column-positions",
              "include-origin",
              "include-domain-data-type",
              "skip-empty-xacts")) {
        if (random.nextInt(3) == 0) {
          query.append('&').append(name).append('=').append(random.nextBoolean());
        }
      }
      if (random.nextInt(3) == 0) {
        query.append("&actions=").append(List.of("insert", "update,delete").get(i % 2));
      }
      if (random.nextInt(3) == 0) {
        query.append(random.nextBoolean() ? "&add-tables=" : "&filter-tables=");
        query.append("t.t0,t.t").append(random.nextInt(tableCount));
      }
      if (random.nextInt(4) == 0 && query.indexOf("skip") < 0) {
        query.append("&skip-empty-xacts=true&include-transaction=false");
      }
      if (query.indexOf("format=2") == 0 && random.nextBoolean()) {
        query.append("&include-pk=true");
      }
      options.add(query.toString());
    }
    return options;
  }

  private void create(List<String> texts) {
    String name = "t.t" + tableCount++;
    int width = 1 + random.nextInt(12);
    List<Column> columns = new ArrayList<>();
    StringBuilder definition = new StringBuilder("id int not null, k int not null");
    for (int i = 0; i < width; i++) {
      String base = pick(NAMES);
      String column =
          base.startsWith("\"") ? base.substring(0, base.length() - 1) + i + "\"" : base + i;
      String type = pick(Samples.types());
      columns.add(new Column(column, type));
      definition.append(", ").append(column).append(' ').append(type);
      if (random.nextInt(4) == 0 && WITH_DEFAULT.contains(type)) {
        definition.append(" default ").append(Samples.values(type).get(0));
      }
    }
    boolean key = random.nextInt(5) > 0;
    String primary = random.nextBoolean() ? ", primary key (id)" : ", primary key (k, id)";
    texts.add("create table " + name + " (" + definition + (key ? primary : "") + ")");
    texts.add("create unique index on " + name + " (id, k)");
    int identity = random.nextInt(4);
    boolean published = key;
    if (identity == 0) {
      texts.add("alter table " + name + " replica identity full");
      published = true;
    } else if (identity == 1) {
      texts.add(
          "do $$ begin execute (select format('alter table %s replica identity using index %I',"
                  .replace("%s", name)
              + " relname) from pg_class c join pg_index i on i.indexrelid = c.oid"
              + " where i.indrelid = '"
              + name
              + "'::regclass and not i.indisprimary); end $$");
      published = true;
    }
    tables.add(new Table(name, columns, published));
  }

  private String transaction() {
    StringBuilder sql = new StringBuilder("begin");
    int steps = 1 + random.nextInt(6);
    int savepoints = 0;
    for (int i = 0; i < steps; i++) {
      sql.append("; ");
      switch (random.nextInt(12)) {
        case 0 -> sql.append("savepoint s").append(savepoints++);
        case 1 ->
            sql.append(savepoints > 0 ? "rollback to s" + random.nextInt(savepoints) : "select 1");
        case 2 -> {
          String transactional = random.nextInt(3) > 0 ? "true" : "false";
          sql.append("select pg_logical_emit_message(%s, 'p', 'x')".formatted(transactional));
        }
        default -> sql.append(change());
      }
      if (sql.indexOf("rollback to s") >= 0) {
        savepoints = 0; // later ones may be gone
      }
    }
    return sql.append(random.nextInt(10) == 0 ? "; rollback" : "; commit").toString();
  }

  private String change() {
    Table table = pick(tables);
    int what = random.nextInt(40);
    if (what == 0) {
      return "truncate " + table.name();
    }
    if (what < 18 || !table.identity()) {
      return insert(table);
    }
    String some =
        " where id in (select id from %s order by id limit %d)"
            .formatted(table.name(), 1 + random.nextInt(3));
    if (what < 24) {
      return "delete from " + table.name() + some;
    }
    if (what < 28) {
      return "update " + table.name() + " set k = k + 1" + some;
    }
    Column column = pick(table.columns());
    return "update %s set %s = %s".formatted(table.name(), column.name(), value(column)) + some;
  }

  private String insert(Table table) {
    StringBuilder names = new StringBuilder("id, k");
    StringBuilder values =
        new StringBuilder(
            "(select coalesce(max(id), 0) + 1 from " + table.name() + "), " + random.nextInt(100));
    for (Column column : table.columns()) {
      if (random.nextInt(8) > 0 || column.type().equals("d_d_int")) {
        names.append(", ").append(column.name());
        values.append(", ").append(value(column));
      }
    }
    return "insert into %s (%s) values (%s)".formatted(table.name(), names, values);
  }

  private String value(Column column) {
    boolean nullable = !column.type().equals("d_d_int");
    return nullable && random.nextInt(6) == 0 ? "null" : pick(Samples.values(column.type()));
  }

  private <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }
}
