package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.io.ByteArrayOutputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FakeOutlet;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.filter.Condition;
import org.pgdeltastream.slot.admission.Caller;
import org.pgdeltastream.slot.feed.Feeds;
import org.pgdeltastream.slot.feed.FollowRequest;
import org.pgdeltastream.slot.view.ViewRequest;
import org.pgdeltastream.support.TestDatabase;

/**
 * A client that keeps some rows of some tables by what it is told. An insert of a row that it has,
 * an update or a delete of one that it has not, is an error.
 */
final class FilteredRows {
  /** With a replica identity of all columns, of the primary key, and of an index. */
  static final List<String> TABLES = List.of("f", "k", "i");

  private static final List<String> COLUMNS =
      List.of("id", "owner", "n", "price", "at", "state", "doc", "big");
  private static final List<String> OWNERS = List.of("ann", "bob", "", "it's", "ä");
  private static final Caller CALLER = new Caller("127.0.0.1", "");

  private final Feeds feeds;
  private final String feed;
  private final ViewRequest request;
  private final Map<String, Map<String, Map<String, String>>> tables = new HashMap<>();
  private final List<String> refetches = new ArrayList<>();
  private FakeOutlet outlet;
  private @Nullable FeedSubscriber subscriber;
  private volatile @Nullable FeedPosition start;
  private @Nullable Lsn has;
  private final ByteArrayOutputStream rest = new ByteArrayOutputStream(); // of a line
  private int moved;
  private int refetched;
  private boolean live;
  private final Set<String> marks = new HashSet<>();

  static String create(String table) {
    return "create table "
        + table
        + " (id int unique, owner text not null default '', n int, price numeric(8,2),"
        + " at timestamptz, state state, doc jsonb, big text, primary key (id, owner))";
  }

  /** With filters by chance, on some of the tables. */
  FilteredRows(Feeds feeds, Random random) {
    this(feeds, randomRows(random), "");
  }

  FilteredRows(Feeds feeds, Map<String, Condition> rows, String actions) {
    this(feeds, "main", rows, actions);
  }

  FilteredRows(Feeds feeds, String feed, Map<String, Condition> rows, String actions) {
    this.feeds = feeds;
    this.feed = feed;
    Map<String, String> options = new HashMap<>(Map.of("values", "string"));
    if (!actions.isEmpty()) {
      options.put("actions", actions);
    }
    this.request =
        new ViewRequest(
            ChangeOptions.parse(name -> Optional.ofNullable(options.get(name))),
            rows.entrySet().stream()
                .collect(
                    Collectors.toMap(
                        one -> new TableName("public", one.getKey()), Map.Entry::getValue)));
    this.outlet = follow(FollowRequest.After.NOW);
  }

  private static Map<String, Condition> randomRows(Random random) {
    Map<String, Condition> rows = new HashMap<>();
    rows.put("f", Condition.parse(randomFilter(random, true)));
    rows.put("k", Condition.parse(randomFilter(random, false)));
    if (random.nextBoolean()) {
      rows.put("i", Condition.parse(randomFilter(random, false)));
    }
    return rows;
  }

  private static String randomFilter(Random random, boolean anyColumn) {
    String one = randomComparison(random, anyColumn);
    String other = randomComparison(random, anyColumn);
    return switch (random.nextInt(4)) {
      case 0 -> "and(" + one + "," + other + ")";
      case 1 -> "or(" + one + "," + other + ")";
      case 2 -> "not.or(" + one + "," + other + ")";
      default -> "and(" + one + ")";
    };
  }

  private static String randomComparison(Random random, boolean anyColumn) {
    String owner = OWNERS.get(random.nextInt(OWNERS.size()));
    int id = random.nextInt(40);
    return switch (random.nextInt(anyColumn ? 12 : 5)) {
      case 0 -> "owner.eq.\"" + owner + "\"";
      case 1 -> "owner.in.(\"" + owner + "\",bob)";
      case 2 -> "id.gt." + id;
      case 3 -> "owner.not.eq.\"" + owner + "\"";
      case 4 -> "id.in.(1,2,3," + id + ")";
      case 5 -> "n.lte." + random.nextInt(10);
      case 6 -> "n.is.null";
      case 7 -> "price.gt." + random.nextInt(10) + ".5";
      case 8 -> "at.lt.2020-01-0" + (1 + random.nextInt(9));
      case 9 -> "state.isdistinct.open";
      case 10 -> "big.like.*" + random.nextInt(10) + "%";
      default -> "state.eq.\"a,b\"";
    };
  }

  /** Some transactions by chance. */
  static void write(TestDatabase database, Random random) throws SQLException {
    try (Connection connection = database.connect()) {
      connection.setAutoCommit(false);
      for (int i = random.nextInt(4); i >= 0; i--) {
        for (int j = random.nextInt(8); j >= 0; j--) {
          String table = TABLES.get(random.nextInt(TABLES.size()));
          try (Statement statement = connection.createStatement()) {
            statement.execute(randomStatement(random, table));
          }
        }
        if (random.nextInt(8) == 0) {
          connection.rollback();
        } else {
          connection.commit();
        }
      }
    }
  }

  private static String randomStatement(Random random, String table) {
    int id = random.nextInt(40);
    return switch (random.nextInt(12)) {
      case 0 -> "delete from " + table + " where id = " + id;
      case 1 -> "update " + table + " set owner = " + owner(random) + " where id % 7 = " + id % 7;
      case 2, 3 ->
          "update %s set n = %s, price = %s where id = %d"
              .formatted(table, number(random), number(random), id);
      case 4 ->
          "update %s set at = %s, state = %s where id %% 5 = %d"
              .formatted(table, time(random), state(random), id % 5);
      case 5 -> "update " + table + " set big = " + big(random, table) + " where id = " + id;
      case 6 ->
          random.nextInt(15) == 0 ? "truncate " + table : "delete from " + table + " where n = 3";
      default ->
          "insert into %s values (%d, %s, %s, %s, %s, %s, '{}', %s) on conflict do nothing"
              .formatted(
                  table,
                  id,
                  owner(random),
                  number(random),
                  number(random),
                  time(random),
                  state(random),
                  big(random, table));
    };
  }

  private static String owner(Random random) {
    return "'" + OWNERS.get(random.nextInt(OWNERS.size())).replace("'", "''") + "'";
  }

  private static String number(Random random) {
    return random.nextInt(6) == 0 ? "null" : "" + random.nextInt(12);
  }

  private static String time(Random random) {
    return random.nextInt(6) == 0 ? "null" : "'2020-01-0" + (1 + random.nextInt(9)) + " 12:00+02'";
  }

  private static String state(Random random) {
    return List.of("null", "'open'", "'paid'", "'a,b'").get(random.nextInt(4));
  }

  /** Some of them are stored apart, and not sent again; few where that ends who follows. */
  private static String big(Random random, String table) {
    return random.nextInt(table.equals("f") ? 2 : 100) > 0
        ? "'" + random.nextInt(100) + "'"
        : "(select string_agg(md5(i::text), '') from generate_series(%d, %d) i)"
            .formatted(random.nextInt(100), 200 + random.nextInt(100));
  }

  ViewRequest request() {
    return request;
  }

  private FakeOutlet follow(FollowRequest.After after) {
    FakeOutlet made = new FakeOutlet(Long.MAX_VALUE / 2, false);
    rest.reset();
    live = false;
    FollowRequest.Client client =
        new FollowRequest.Client() {
          @Override
          public void begins(FeedSubscriber one, FeedPosition from, FeedPosition oldest) {
            start = from;
          }

          @Override
          public void beginsWithRows(
              FeedSubscriber one, Optional<String> refetch, FeedPosition oldest) {
            throw new AssertionError("not asked for");
          }

          @Override
          public void mustRefetch(
              FeedSubscriber one, String reason, FeedPosition oldest, FeedPosition newest) {
            one.say(("{\"must-refetch\":\"" + reason + "\"}\n").getBytes(StandardCharsets.UTF_8));
            one.end(CloseReason.POSITION_LOST, reason);
          }
        };
    FeedSubscriber made2 =
        feeds.follow(
            feed,
            new FollowRequest(request, Framing.TEXTS, after, false, Duration.ZERO, CALLER, client),
            made);
    made.serves(made2);
    subscriber = made2;
    return made;
  }

  void leave() {
    take();
    FeedSubscriber one = subscriber;
    if (one != null) {
      one.gone();
    }
  }

  void comeBack() {
    outlet = follow(FollowRequest.After.of(position()));
  }

  /** With a position that another has. */
  void comeBackTo(FilteredRows other) {
    leave();
    outlet = follow(FollowRequest.After.of(other.position()));
  }

  private FeedPosition position() {
    FeedPosition from = start;
    Lsn at = has;
    if (from == null) {
      throw new AssertionError("not begun");
    }
    return at == null ? from : from.stamp().orElseThrow().at(at);
  }

  Optional<CloseReason> ending() {
    take();
    return outlet.ending();
  }

  List<String> refetches() {
    take();
    return refetches;
  }

  int refetched() {
    return refetched;
  }

  int moved() {
    take();
    return moved;
  }

  boolean isLive() {
    take();
    return live;
  }

  Map<String, Map<String, String>> rows(String table) {
    take();
    return tables.computeIfAbsent(table, any -> new TreeMap<>());
  }

  /** Everything up to the mark is there, or it is to read the rows again. */
  boolean hasMark(String mark) {
    take();
    return marks.contains(mark) || !refetches.isEmpty();
  }

  /** Compares what it has with what PostgreSQL has. Nobody writes meanwhile. */
  void check(Connection reading) throws SQLException {
    assertThat(outlet.wrong()).isEmpty();
    if (!refetches.isEmpty()) {
      assertThat(refetches).allMatch(reason -> reason.equals("toast"));
      refetches.clear();
      refetched++;
      for (String table : TABLES) {
        tables.put(table, select(reading, table));
      }
      has = null;
      outlet = follow(FollowRequest.After.NOW);
      return;
    }
    for (String table : TABLES) {
      assertThat(rows(table)).as("%s of %s", table, this).isEqualTo(select(reading, table));
    }
  }

  private Map<String, Map<String, String>> select(Connection reading, String table)
      throws SQLException {
    String where =
        Optional.ofNullable(feedRows().get(table)).map(sql -> " where " + sql).orElse("");
    Map<String, Map<String, String>> rows = new TreeMap<>();
    String sql =
        COLUMNS.stream()
            .map(c -> "case when " + c + " is not null then format('%s', " + c + ") end")
            .collect(Collectors.joining(", ", "select ", " from " + table + where));
    try (Statement statement = reading.createStatement();
        ResultSet found = statement.executeQuery(sql)) {
      while (found.next()) {
        Map<String, String> row = new TreeMap<>();
        for (int i = 0; i < COLUMNS.size(); i++) {
          row.put(COLUMNS.get(i), String.valueOf(found.getString(i + 1)));
        }
        rows.put(key(row), row);
      }
    }
    return rows;
  }

  private Map<String, String> feedRows() {
    Map<String, String> sql = new HashMap<>();
    FeedSubscriber one = subscriber;
    if (one != null) {
      one.view().rows().forEach((table, filter) -> sql.put(table.table(), filter.sql()));
    }
    return sql;
  }

  private static String key(Map<String, String> row) {
    return String.valueOf(row.get("id"));
  }

  private void take() {
    rest.writeBytes(outlet.take());
    byte[] all = rest.toByteArray();
    int end = all.length;
    while (end > 0 && all[end - 1] != '\n') {
      end--;
    }
    rest.reset();
    rest.write(all, end, all.length - end);
    String lines = new String(all, 0, end, StandardCharsets.UTF_8);
    for (String line : lines.isEmpty() ? new String[0] : lines.split("\n", -1)) {
      if (!line.isEmpty()) {
        message(Json.createReader(new StringReader(line)).readObject());
      }
    }
  }

  private void message(JsonObject message) {
    if (message.containsKey("must-refetch")) {
      refetches.add(message.getString("must-refetch"));
    } else if (message.containsKey("live")) {
      live = true;
    } else if (message.containsKey("change")) {
      message.getJsonArray("change").forEach(one -> change(one.asJsonObject()));
      if (message.containsKey("nextlsn")) {
        has = Lsn.parse(message.getString("nextlsn"));
      }
    }
  }

  private void change(JsonObject change) {
    String kind = change.getString("kind");
    if (kind.equals("message")) {
      marks.add(change.getString("content"));
      return;
    }
    moved += change.getBoolean("moved", false) ? 1 : 0;
    Map<String, Map<String, String>> rows =
        tables.computeIfAbsent(change.getString("table"), any -> new TreeMap<>());
    if (kind.equals("truncate")) {
      rows.clear();
      return;
    }
    Map<String, String> row = new TreeMap<>();
    if (!kind.equals("insert")) {
      JsonObject old = change.getJsonObject("oldkeys");
      String key = key(values(old, "keynames", "keyvalues"));
      Map<String, String> before = rows.remove(key);
      assertThat(before).as("%s of %s for %s", kind, key, this).isNotNull();
      row.putAll(before);
    }
    if (!kind.equals("delete")) {
      row.putAll(values(change, "columnnames", "columnvalues"));
      assertThat(rows.put(key(row), row)).as("%s of %s for %s", kind, row, this).isNull();
    }
  }

  private static Map<String, String> values(JsonObject of, String names, String values) {
    JsonArray found = of.getJsonArray(values);
    Map<String, String> row = new TreeMap<>();
    for (int i = 0; i < found.size(); i++) {
      JsonValue value = found.get(i);
      row.put(
          of.getJsonArray(names).getString(i),
          value instanceof JsonString text ? text.getString() : value.toString());
    }
    return row;
  }

  @Override
  public String toString() {
    return request.rows().toString();
  }
}
