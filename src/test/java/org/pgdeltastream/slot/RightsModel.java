package org.pgdeltastream.slot;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.rights.FeedRight;
import org.pgdeltastream.rights.TableRight;

/**
 * Tables, what is done to them, and what somebody with a right must be told of it: reckoned from
 * the statements alone. Each value says where it stands.
 */
final class RightsModel {
  /** By name; with which statement its replica identity is made. */
  static final Map<String, String> TABLES =
      Map.of(
          "bykey", "select 1",
          "byfull", "alter table byfull replica identity full",
          "byindex", "alter table byindex replica identity using index byindex_key");

  static final List<String> COLUMNS = List.of("id", "owner", "region", "text", "secret");
  private static final List<String> OWNERS = List.of("ann", "bob", "eve");
  private static final List<String> REGIONS = List.of("de", "fr", "uk");

  /** A bearer's claims. */
  static final Map<String, ?> CLAIMS = Map.of("sub", "ann", "regions", List.of("de", "fr"));

  /** Conditions, and the same for a row here. */
  private enum Rows {
    ALL("") {
      @Override
      boolean has(Map<String, String> row) {
        return true;
      }
    },
    OWN("owner.eq.$sub") {
      @Override
      boolean has(Map<String, String> row) {
        return "ann".equals(row.get("owner"));
      }
    },
    NEAR("region.in.$regions") {
      @Override
      boolean has(Map<String, String> row) {
        return !"uk".equals(row.get("region"));
      }
    },
    OWN_OR_NEAR("or(owner.eq.$sub,region.in.$regions)") {
      @Override
      boolean has(Map<String, String> row) {
        return OWN.has(row) || NEAR.has(row);
      }
    };

    final String text;

    Rows(String text) {
      this.text = text;
    }

    abstract boolean has(Map<String, String> row);

    boolean names(String column) {
      return text.contains(column);
    }
  }

  /** A change of a row; of a truncated table there is no row. */
  private record Change(
      Action action,
      String table,
      @Nullable Map<String, String> before,
      @Nullable Map<String, String> after) {}

  private final Random random;
  private final Map<String, Map<Integer, Map<String, String>>> rows = new HashMap<>();
  private final List<Change> changes = new ArrayList<>();
  private final Map<String, Map<Integer, Map<String, String>>> first = new HashMap<>();
  private int version;

  RightsModel(Random random) {
    this.random = random;
    TABLES.keySet().forEach(table -> rows.put(table, new TreeMap<>()));
  }

  static String create(String table) {
    return "create table %s (id int not null, owner text not null, region text, text text, secret text, primary key (id, owner)); create unique index %s_key on %s (owner, id); %s"
        .formatted(table, table, table, requireNonNull(TABLES.get(table)));
  }

  /** What is there now is what a snapshot shows. */
  void begin() {
    changes.clear();
    rows.forEach((table, all) -> first.put(table, new TreeMap<>(all)));
  }

  /** The next statement by chance. */
  String next() {
    String table = List.copyOf(new TreeMap<>(TABLES).keySet()).get(random.nextInt(TABLES.size()));
    Map<Integer, Map<String, String>> here = requireNonNull(rows.get(table));
    int id = random.nextInt(12);
    Map<String, String> before = here.get(id);
    if (random.nextInt(40) == 0) {
      here.clear();
      changes.add(new Change(Action.TRUNCATE, table, null, null));
      return "truncate " + table;
    }
    if (before == null) {
      Map<String, String> row = row(table, id);
      here.put(id, row);
      changes.add(new Change(Action.INSERT, table, null, row));
      return "insert into %s values (%s)".formatted(table, values(row));
    }
    if (random.nextInt(3) == 0) {
      here.remove(id);
      changes.add(new Change(Action.DELETE, table, before, null));
      return "delete from " + table + " where id = " + id;
    }
    Map<String, String> row = row(table, id);
    if (random.nextBoolean()) {
      row.put("owner", requireNonNull(before.get("owner"))); // so that its key has not changed
    }
    here.put(id, row);
    changes.add(new Change(Action.UPDATE, table, before, row));
    return "update %s set (id, owner, region, text, secret) = (%s) where id = %d"
        .formatted(table, values(row), id);
  }

  private Map<String, String> row(String table, int id) {
    version++;
    Map<String, String> row = new LinkedHashMap<>();
    row.put("id", "" + id);
    row.put("owner", OWNERS.get(random.nextInt(OWNERS.size())));
    row.put("region", REGIONS.get(random.nextInt(REGIONS.size())));
    row.put("text", "c-%s-text-%d".formatted(table, version));
    row.put("secret", "c-%s-secret-%d".formatted(table, version));
    return row;
  }

  private static String values(Map<String, String> row) {
    return row.values().stream().map(value -> "'" + value + "'").collect(Collectors.joining(", "));
  }

  /** A right by chance. */
  FeedRight right(boolean snapshot) {
    Map<TableName, TableRight> tables = new HashMap<>();
    for (String table : new TreeMap<>(TABLES).keySet()) {
      if (random.nextInt(5) > 0) {
        tables.put(new TableName("public", table), tableRight());
      }
    }
    tables.put(
        new TableName("public", "mark"),
        new TableRight(Optional.empty(), Optional.empty(), Set.of(Action.INSERT)));
    return new FeedRight(tables, random.nextBoolean() ? Set.of("notice") : Set.of(), snapshot);
  }

  private TableRight tableRight() {
    Optional<List<String>> columns =
        switch (random.nextInt(4)) {
          case 0 -> Optional.empty();
          case 1 -> Optional.of(List.of("id", "owner", "text"));
          case 2 -> Optional.of(List.of("id", "owner", "region"));
          default -> Optional.of(List.of("text"));
        };
    Rows condition = Rows.values()[random.nextInt(Rows.values().length)];
    Set<Action> actions = EnumSet.noneOf(Action.class);
    while (actions.isEmpty()) {
      Set.of(Action.values()).stream()
          .sorted()
          .filter(any -> random.nextInt(3) > 0)
          .forEach(actions::add);
    }
    return new TableRight(
        columns, Optional.of(condition.text).filter(text -> !text.isEmpty()), actions);
  }

  /** Whether the log says enough to decide each change of the table. */
  static boolean isDecidable(FeedRight right) {
    return right.tables().entrySet().stream()
        .allMatch(one -> isDecidable(one.getKey().table(), one.getValue()));
  }

  private static boolean isDecidable(String table, TableRight right) {
    boolean looksBack =
        right.actions().contains(Action.UPDATE) || right.actions().contains(Action.DELETE);
    boolean keysAreSeen =
        right.columns().map(names -> names.containsAll(List.of("id", "owner"))).orElse(true);
    return !looksBack
        || table.equals("byfull")
        || (keysAreSeen && !condition(right).names("region"));
  }

  private static Rows condition(TableRight right) {
    return Set.of(Rows.values()).stream()
        .filter(one -> one.text.equals(right.rows().orElse("")))
        .findFirst()
        .orElseThrow();
  }

  /** The rows that a snapshot shows, each as it is compared. */
  List<String> rows(FeedRight right) {
    List<String> shown = new ArrayList<>();
    first.forEach(
        (table, all) -> {
          TableRight may = right.tables().get(new TableName("public", table));
          if (may != null) {
            all.values().stream()
                .filter(condition(may)::has)
                .forEach(row -> shown.add("row " + table + " " + seen(row, may, COLUMNS)));
          }
        });
    return shown.stream().sorted().toList();
  }

  /** The changes that are told, each as it is compared. */
  List<String> changes(FeedRight right) {
    List<String> told = new ArrayList<>();
    for (Change one : changes) {
      TableRight may = right.tables().get(new TableName("public", one.table()));
      if (may != null && may.actions().contains(one.action())) {
        tell(one, may).ifPresent(told::add);
      }
    }
    return told;
  }

  private static Optional<String> tell(Change one, TableRight may) {
    Rows condition = condition(may);
    String table = one.table();
    Map<String, String> before = one.before();
    Map<String, String> after = one.after();
    if (before == null && after == null) {
      return Optional.of("truncate " + table);
    }
    boolean was = before != null && condition.has(before);
    boolean is = after != null && condition.has(after);
    String moved = one.action() == Action.UPDATE ? " moved" : "";
    if (was && is) {
      return Optional.of(
          "update " + table + " " + seen(after, may, COLUMNS) + " " + key(table, before, may));
    } else if (is) {
      return Optional.of("insert " + table + " " + seen(after, may, COLUMNS) + moved);
    } else if (was) {
      return Optional.of("delete " + table + " " + key(table, before, may) + moved);
    }
    return Optional.empty();
  }

  private static String key(String table, @Nullable Map<String, String> row, TableRight may) {
    return seen(row, may, table.equals("byfull") ? COLUMNS : List.of("id", "owner"));
  }

  private static String seen(
      @Nullable Map<String, String> row, TableRight may, List<String> columns) {
    Map<String, String> shown = new TreeMap<>(requireNonNull(row));
    shown.keySet().retainAll(columns);
    may.columns().ifPresent(shown.keySet()::retainAll);
    return shown.toString();
  }
}
