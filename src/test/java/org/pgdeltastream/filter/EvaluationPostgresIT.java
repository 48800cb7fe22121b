package org.pgdeltastream.filter;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.ReplicaIdentity;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.encoder.Tuples;
import org.pgdeltastream.filter.catalog.FilterColumns;
import org.pgdeltastream.replication.publication.FilterCatalog;
import org.pgdeltastream.slot.database.Database;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.support.Seeds;
import org.pgdeltastream.support.TestDatabase;

/** A million times the same truth value as PostgreSQL's, of values and conditions by chance. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class EvaluationPostgresIT {
  private static final TableName TABLE = new TableName("public", "t");
  private static final List<Operator> OPERATORS = List.of(Operator.values());
  private static final int ROWS = 2_000;
  private static final int CONDITIONS = 500;

  /** Values that are hard; others are made by chance. */
  private static final Map<String, List<String>> VALUES = new LinkedHashMap<>();

  static {
    VALUES.put("boolean", List.of("true", "false"));
    VALUES.put("smallint", List.of("-32768", "0", "7", "32767"));
    VALUES.put("integer", List.of("-2147483648", "-1", "0", "10", "9", "2147483647"));
    VALUES.put("bigint", List.of("-9223372036854775808", "0", "9223372036854775807", "12"));
    VALUES.put("oid", List.of("0", "4294967295", "2147483648"));
    VALUES.put(
        "numeric(30,6)", List.of("NaN", "0", "-0.000001", "1.1", "1.10", "99999999999999999999.5"));
    VALUES.put("numeric", List.of("NaN", "1e100", "-1e-100", "1", "1.000", "0.1"));
    VALUES.put(
        "real", List.of("NaN", "Infinity", "-Infinity", "-0", "0", "1.1", "3.4e38", "1e-45"));
    VALUES.put(
        "double precision",
        List.of("NaN", "Infinity", "-Infinity", "-0", "0", "1.1", "1.7e308", "4.9e-324"));
    VALUES.put(
        "date",
        List.of(
            "infinity", "-infinity", "4713-01-01 BC", "0001-01-01", "9999-12-31", "5874897-12-31"));
    VALUES.put(
        "timestamp",
        List.of("infinity", "-infinity", "4713-01-01 00:00 BC", "294276-12-31 23:59:59.999999"));
    VALUES.put(
        "timestamptz(3)",
        List.of(
            "infinity", "2024-02-29 12:00:00.5+02", "2024-02-29 10:00:00.5+00", "0044-03-15 BC"));
    VALUES.put(
        "uuid",
        List.of("00000000-0000-0000-0000-000000000000", "FFFFFFFF-0000-0000-0000-00000000000a"));
    VALUES.put("mood", List.of("sad", "ok", "a,b"));
    VALUES.put("bytea", List.of("\\x", "\\x00ff", "abc"));
    VALUES.put("inet", List.of("10.0.0.1", "10.0.0.1/32", "10.0.0.0/8", "::1"));
    VALUES.put(
        "text", List.of("", "a", "A", "ä", "a%b", "a_b", "a\\b", "it's", "\"q\"", "日本", "ab "));
    VALUES.put("varchar(5)", List.of("", "abcde", "ab", "ab "));
    VALUES.put("name", List.of("a", "B", "_"));
    VALUES.put("character(4)", List.of("", "ab", "ab  ", "abcd"));
    VALUES.put("text collate \"C\"", List.of("", "a", "B", "ä", "Z", "aB", "%"));
    VALUES.put("amount", List.of("0", "1.5", "100"));
    VALUES.put("jsonb", List.of("{}", "[1]"));
  }

  private final Random random = new Random(Seeds.first());
  private final List<String> types = List.copyOf(VALUES.keySet());
  private final List<List<@Nullable String>> rows = new ArrayList<>();
  private TestDatabase database;
  private Database doors;
  private FilterCatalog catalog;
  private FilterColumns columns;

  @BeforeAll
  void start() throws Exception {
    database = TestDatabase.embedded();
    database.execute("create type mood as enum ('sad', 'ok', 'a,b')");
    database.execute("create domain amount as numeric(12,2)");
    List<String> made = new ArrayList<>();
    for (int i = 0; i < types.size(); i++) {
      made.add(column(i) + " " + types.get(i));
    }
    database.execute("create table t (n int primary key, " + String.join(", ", made) + ")");
    try (Connection connection = database.connect()) {
      fill(connection);
      read(connection);
    }
    Map<String, String> settings =
        Map.of(
            "pgdelta.database-url", database.jdbcUrl(),
            "pgdelta.database-user", database.user(),
            "pgdelta.database-password", database.password());
    doors = Database.open(Settings.read(settings::get), Optional.empty(), Optional.empty());
    catalog = doors.filters();
    columns = catalog.columns(TABLE);
  }

  @AfterAll
  void stop() throws Exception {
    doors.connector().control().close();
    database.close();
  }

  private static String column(int i) {
    return "c" + i;
  }

  private void fill(Connection connection) throws SQLException {
    List<String> casts = new ArrayList<>();
    for (String type : types) {
      casts.add("cast(cast(? as text) as " + type.replaceAll(" collate.*", "") + ")");
    }
    String sql = "insert into t values (?, " + String.join(", ", casts) + ")";
    connection.setAutoCommit(false);
    try (PreparedStatement insert = connection.prepareStatement(sql)) {
      for (int row = 0; row < ROWS; row++) {
        insert.setInt(1, row);
        for (int i = 0; i < types.size(); i++) {
          insert.setString(i + 2, random.nextInt(8) == 0 ? null : value(types.get(i)));
        }
        insert.addBatch();
      }
      insert.executeBatch();
    }
    connection.commit();
  }

  /** As a stream spells them. */
  private void read(Connection connection) throws SQLException {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < types.size(); i++) {
      texts.add("case when " + column(i) + " is not null then format('%s', " + column(i) + ") end");
    }
    connection.createStatement().execute("set timezone = 'UTC'; set extra_float_digits = 3");
    String sql = "select " + String.join(", ", texts) + " from t order by n";
    try (ResultSet found = connection.createStatement().executeQuery(sql)) {
      while (found.next()) {
        List<@Nullable String> row = new ArrayList<>();
        for (int i = 1; i <= types.size(); i++) {
          row.add(found.getString(i));
        }
        rows.add(row);
      }
    }
  }

  private String value(String type) {
    List<String> hard = VALUES.get(type);
    if (hard == null || random.nextInt(3) > 0) {
      return hard == null ? "" : hard.get(random.nextInt(hard.size()));
    }
    return switch (type) {
      case "smallint" -> "" + (random.nextInt(65_536) - 32_768);
      case "integer", "bigint" -> "" + random.nextInt(-20, 20);
      case "oid" -> "" + random.nextInt(20);
      case "numeric(30,6)", "numeric", "amount" ->
          random.nextInt(-20, 20) + "." + random.nextInt(99);
      case "real" -> "" + random.nextFloat();
      case "double precision" -> "" + random.nextDouble() * random.nextInt(-9, 9);
      case "date" ->
          "%04d-%02d-%02d"
              .formatted(1 + random.nextInt(3000), 1 + random.nextInt(12), 1 + random.nextInt(28));
      case "timestamp", "timestamptz(3)" ->
          "%04d-%02d-%02d %02d:%02d:%02d.%03d"
              .formatted(
                  1 + random.nextInt(3000),
                  1 + random.nextInt(12),
                  1 + random.nextInt(28),
                  random.nextInt(24),
                  random.nextInt(60),
                  random.nextInt(60),
                  random.nextInt(1000));
      case "uuid" -> new java.util.UUID(random.nextLong(), random.nextLong()).toString();
      case "text", "name", "text collate \"C\"" -> letters(6);
      case "varchar(5)", "character(4)" -> letters(4);
      default -> hard.get(random.nextInt(hard.size()));
    };
  }

  private String letters(int most) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(most); i >= 0; i--) {
      text.append("abABä%_ ".charAt(random.nextInt(8)));
    }
    return text.toString().trim();
  }

  private Condition condition(int depth) {
    int kind = depth > 2 ? 9 : random.nextInt(10);
    return switch (kind) {
      case 0 -> new Condition.All(conditions(depth));
      case 1 -> new Condition.Any(conditions(depth));
      case 2 -> new Condition.Not(condition(depth + 1));
      default -> comparison();
    };
  }

  private List<Condition> conditions(int depth) {
    List<Condition> parts = new ArrayList<>();
    for (int i = random.nextInt(3); i >= 0; i--) {
      parts.add(condition(depth + 1));
    }
    return parts;
  }

  /** One that can be decided. */
  private Condition.Comparison comparison() {
    while (true) {
      int i = random.nextInt(types.size());
      Operator operator = OPERATORS.get(random.nextInt(OPERATORS.size()));
      List<String> values =
          switch (operator) {
            case IS ->
                List.of(
                    List.of("null", "not_null", "true", "false", "unknown").get(random.nextInt(5)));
            case IN ->
                new ArrayList<>(
                    Collections.nCopies(1 + random.nextInt(4), "").stream()
                        .map(any -> value(types.get(i)))
                        .toList());
            case LIKE, ILIKE ->
                List.of(letters(4).replace("ä", operator == Operator.LIKE ? "ä" : "a"));
            default -> List.of(value(types.get(i)));
          };
      Condition.Comparison made = new Condition.Comparison(column(i), operator, values);
      try {
        known(column(i)).check(made);
        return made;
      } catch (IllegalArgumentException e) {
        assertThat(e).hasMessageContaining(column(i)); // another one
      }
    }
  }

  private FilterColumn known(String name) {
    return requireNonNull(columns.byName().get(name));
  }

  private Relation relation() {
    List<Column> all = new ArrayList<>();
    for (int i = 0; i < types.size(); i++) {
      all.add(new Column(true, column(i), known(column(i)).typeOid(), -1));
    }
    return new Relation(1, TABLE, ReplicaIdentity.FULL, all);
  }

  private static Tuple tuple(List<@Nullable String> row) {
    return Tuples.tuple(
        row.stream().map(value -> value == null ? Tuples.NULL : value).toArray(String[]::new));
  }

  @Test
  void decidesAsPostgresDoes() throws Exception {
    List<Tuple> tuples = rows.stream().map(EvaluationPostgresIT::tuple).toList();
    int[] seen = new int[3];
    try (Connection connection = database.connect()) {
      for (int round = 0; round < CONDITIONS; round++) {
        Condition condition = condition(0);
        RowFilter filter = catalog.filter(TABLE, condition, columns, false);
        Slots slots = new Slots();
        Predicate predicate = filter.predicate(slots);
        slots.bind(relation());
        Row row = new Row(slots);
        int[] here = tuples.stream().mapToInt(one -> predicate.of(row.of(one, null))).toArray();
        assertThat(row.missing()).isNull();
        int[] there = decided(connection, filter.sql());
        assertThat(here.length).isEqualTo(ROWS);
        for (int i = 0; i < ROWS; i++) {
          assertThat(here[i]).as("%s of %s", filter.sql(), rows.get(i)).isEqualTo(there[i]);
          seen[here[i] + 1]++;
        }
      }
    }
    assertThat(Arrays.stream(seen).sum()).isEqualTo(1_000_000);
    assertThat(Arrays.stream(seen).min().orElse(0)).as("of each truth value").isGreaterThan(50_000);
  }

  private static int[] decided(Connection connection, String sql) throws SQLException {
    String whole =
        "select case when "
            + sql
            + " then 1 when not "
            + sql
            + " then -1 else 0 end from t order by n";
    try (ResultSet found = connection.createStatement().executeQuery(whole)) {
      int[] truths = new int[ROWS];
      for (int i = 0; found.next(); i++) {
        truths[i] = found.getInt(1);
      }
      return truths;
    }
  }
}
