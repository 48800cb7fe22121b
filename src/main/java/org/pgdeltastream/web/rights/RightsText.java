package org.pgdeltastream.web.rights;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.filter.Condition;
import org.pgdeltastream.rights.Bearer;
import org.pgdeltastream.rights.FeedRight;
import org.pgdeltastream.rights.Limits;
import org.pgdeltastream.rights.Rights;
import org.pgdeltastream.rights.Role;
import org.pgdeltastream.rights.TableRight;
import org.pgdeltastream.web.http.BodyFields;
import org.pgdeltastream.web.http.BodyReader;
import org.pgdeltastream.web.http.Input;
import org.pgdeltastream.web.http.JsonTree;

/** Reads roles from JSON, and checks all that can be checked without PostgreSQL. */
final class RightsText {
  /** So that one bearer does not take what all need. */
  private static final int MOST_CONNECTIONS = 100;

  private static final int MOST_VIEWS = 20;

  private RightsText() {}

  /** Throws ProblemException BAD_REQUEST, saying what is wrong and where. */
  static Rights parse(byte[] json) {
    BodyFields file = BodyFields.of(BodyReader.readFile(json), "", "roles", "anonymous");
    Optional<String> anonymous = file.text("anonymous");
    Map<String, Role> roles = new HashMap<>();
    file.members("roles")
        .forEach(
            (name, tree) -> roles.put(name, role(name, tree, anonymous.equals(Optional.of(name)))));
    if (roles.isEmpty()) {
      throw Input.bad("There are no roles");
    }
    if (anonymous.isPresent() && !roles.containsKey(anonymous.get())) {
      throw Input.bad("anonymous is " + Input.shown(anonymous.get()) + ", which is no role here");
    }
    if (anonymous.map(roles::get).filter(role -> role.all() || role.monitor()).isPresent()) {
      throw Input.bad("anonymous is a role with all or monitor: so everybody would have it");
    }
    return new Rights(roles, anonymous);
  }

  /** Of who shows no token there are many at one address, such as a proxy's. */
  private static Role role(String name, JsonTree tree, boolean isAnonymous) {
    String path = "roles." + name;
    BodyFields fields = BodyFields.of(tree, path, "all", "monitor", "feeds", "limits");
    Map<String, FeedRight> feeds = new HashMap<>();
    fields
        .members("feeds")
        .forEach((feed, right) -> feeds.put(feed, feed(path + ".feeds." + feed, right)));
    boolean all = fields.flag("all");
    if (all && !feeds.isEmpty()) {
      throw Input.bad(path + " has all, and feeds besides, which would be no limit to it");
    }
    Limits usual =
        new Limits(
            all || isAnonymous ? Integer.MAX_VALUE : MOST_CONNECTIONS,
            all ? Integer.MAX_VALUE : MOST_VIEWS,
            Long.MAX_VALUE);
    Limits limits =
        fields.any("limits").map(one -> limits(path + ".limits", one, usual)).orElse(usual);
    return new Role(name, all, fields.flag("monitor"), feeds, limits);
  }

  private static FeedRight feed(String path, JsonTree tree) {
    BodyFields fields = BodyFields.of(tree, path, "tables", "messages", "snapshot");
    Map<TableName, TableRight> tables = new HashMap<>();
    fields
        .members("tables")
        .forEach(
            (name, right) -> {
              String where = path + ".tables." + name;
              tables.put(table(where, name), table(where, right));
            });
    return new FeedRight(tables, Set.copyOf(fields.texts("messages")), fields.flag("snapshot"));
  }

  private static TableName table(String path, String name) {
    int dot = name.indexOf('.');
    if (dot < 1 || dot == name.length() - 1) {
      throw Input.bad(Input.shown(path) + " is not schema.table");
    }
    return new TableName(name.substring(0, dot), name.substring(dot + 1));
  }

  private static TableRight table(String path, JsonTree tree) {
    BodyFields fields = BodyFields.of(tree, path, "columns", "rows", "actions");
    Optional<List<String>> columns = fields.any("columns").map(any -> fields.texts("columns"));
    if (columns.filter(List::isEmpty).isPresent()) {
      throw Input.bad(path + ".columns names none: leave the table out");
    }
    Optional<String> rows = fields.text("rows");
    rows.ifPresent(text -> check(path + ".rows", text));
    return new TableRight(columns, rows, actions(path, fields));
  }

  /** Reads it as for a token that has every claim. */
  private static void check(String path, String rows) {
    try {
      Condition.parse(rows, (claim, inList) -> List.of(checked(claim)));
    } catch (IllegalArgumentException e) {
      throw Input.bad(path + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static String checked(String claim) {
    if (Bearer.OF_TOKEN.contains(claim)) {
      throw new IllegalArgumentException("claim " + claim + " differs from token to token");
    }
    return claim;
  }

  private static Set<Action> actions(String path, BodyFields fields) {
    if (fields.any("actions").isEmpty()) {
      return EnumSet.allOf(Action.class);
    }
    List<Action> actions = new ArrayList<>();
    for (String name : fields.texts("actions")) {
      actions.add(
          Set.of(Action.values()).stream()
              .filter(action -> action.name().toLowerCase(Locale.ROOT).equals(name))
              .findFirst()
              .orElseThrow(
                  () ->
                      Input.bad(
                          path
                              + ".actions has "
                              + Input.shown(name)
                              + ", not insert, update, delete or truncate")));
    }
    return Set.copyOf(actions);
  }

  private static Limits limits(String path, JsonTree tree, Limits usual) {
    BodyFields fields = BodyFields.of(tree, path, "connections", "views", "snapshot-bytes");
    return new Limits(
        (int) fields.whole("connections", usual.connections(), 1, Integer.MAX_VALUE),
        (int) fields.whole("views", usual.views(), 1, Integer.MAX_VALUE),
        fields.whole("snapshot-bytes", Long.MAX_VALUE, 1, Long.MAX_VALUE));
  }
}
