package org.pgdeltastream.slot.view;

import static java.lang.System.Logger.Level.WARNING;
import static java.util.Objects.requireNonNull;

import java.sql.SQLException;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.feed.ViewOptions;
import org.pgdeltastream.filter.Condition;
import org.pgdeltastream.filter.RowFilter;
import org.pgdeltastream.replication.publication.FilterCatalog;
import org.pgdeltastream.replication.publication.Publications;
import org.pgdeltastream.rights.FeedRight;
import org.pgdeltastream.rights.Grant;
import org.pgdeltastream.rights.NotThere;
import org.pgdeltastream.rights.Rights;
import org.pgdeltastream.rights.Role;
import org.pgdeltastream.rights.TableRight;
import org.pgdeltastream.slot.database.Problems;
import org.pgdeltastream.slot.database.Recent;

/**
 * Checks the tables, columns and filters that a subscriber names, and what it may see of them, once
 * for all who name the same. For any thread.
 */
public final class KnownViews {
  private static final System.Logger LOG = System.getLogger(KnownViews.class.getName());
  private static final int MOST = 1_000;
  private static final int MOST_CHARACTERS = 4 << 20;
  private static final long PAUSE_NANOS = 1_000_000_000;

  private final Publications publications;
  private final Filters filters;
  private final Recent<Map.Entry<List<String>, TableName>, List<String>> published =
      new Recent<>(MOST, any -> 1);
  private final Set<String> warned = ConcurrentHashMap.newKeySet(); // once
  private final Recent<
          Map.Entry<ChangeOptions, Map<TableName, Condition>>, Map<TableName, RowFilter>>
      made = new Recent<>(MOST_CHARACTERS, all -> 100 + all.toString().length());
  private long forgotAt = System.nanoTime() - PAUSE_NANOS; // in the monitor

  public KnownViews(Publications publications, FilterCatalog catalog) {
    this.publications = publications;
    this.filters = new Filters(catalog);
  }

  /**
   * Why somebody would not be shown this any more, where its tables may have been altered: what the
   * replica identity lacks. Other reasons are told to who asks again.
   */
  public Optional<String> refusedNow(
      String feed, List<String> names, ViewRequest view, Optional<Grant> grant) {
    forget();
    try {
      resolved(feed, names, view, grant);
    } catch (ProblemException e) {
      if (e.problem() == Problem.IDENTITY_INSUFFICIENT) {
        return Optional.of(e.hint());
      }
    }
    return Optional.empty();
  }

  /** Tables may have been altered; of many who ask at once the first counts. */
  public synchronized void forget() {
    long now = System.nanoTime();
    if (now - forgotAt > PAUSE_NANOS) {
      forgotAt = now;
      published.forget();
      made.forget();
      filters.forget();
    }
  }

  /**
   * What a subscriber is shown.
   *
   * @param names the feed's publications; none: not known yet
   * @param grant what it may see; empty: everything
   * @throws ProblemException BAD_REQUEST, naming what is not there or cannot be decided;
   *     IDENTITY_INSUFFICIENT if the log does not say what is asked for; FORBIDDEN
   */
  public ViewOptions resolved(
      String feed, List<String> names, ViewRequest view, Optional<Grant> grant) {
    try {
      try {
        return once(feed, names, view, grant);
      } catch (ProblemException e) { // which may have been seen to since
        published.forget();
        filters.forget();
        return once(feed, names, view, grant);
      }
    } catch (SQLException e) {
      throw Problems.of(e);
    }
  }

  private ViewOptions once(String feed, List<String> names, ViewRequest view, Optional<Grant> grant)
      throws SQLException {
    if (grant.isPresent()) {
      return resolved(names, view, grant.get());
    }
    if (!names.isEmpty()) {
      check(feed, names, view);
    }
    return new ViewOptions(view.changes(), filters(view.changes(), view.rows(), Map.of()));
  }

  private ViewOptions resolved(List<String> names, ViewRequest view, Grant grant)
      throws SQLException {
    Map<TableName, List<String>> there = new HashMap<>();
    for (TableName table : grant.right().tables().keySet()) {
      if (view.changes().wants(table)) {
        there.put(table, there(names, table));
      }
    }
    Grant.Narrowed shown = grant.narrow(view.changes(), view.rows(), there);
    for (TableName one : view.rows().keySet()) { // what is wrong with it is its client's to know
      filters.of(one, requireNonNull(view.rows().get(one)), shown.changes(), null);
    }
    try {
      return new ViewOptions(shown.changes(), filters(shown.changes(), conditions(shown), there));
    } catch (ProblemException e) {
      throw undecided(grant, e);
    }
  }

  /** Where not all columns may be seen, which row it is may be a secret, too. */
  private static Map<TableName, Condition> conditions(Grant.Narrowed shown) {
    Map<TableName, Condition> conditions = new HashMap<>(shown.rows());
    for (TableName table : shown.changes().limited().keySet()) {
      conditions.putIfAbsent(table, new Condition.All(List.of()));
    }
    return conditions;
  }

  /** The reason is the operator's to know. */
  private ProblemException undecided(Grant grant, ProblemException e) {
    warn(e);
    boolean ofIdentity = e.problem() == Problem.IDENTITY_INSUFFICIENT;
    return new ProblemException(
        ofIdentity ? e.problem() : Problem.FORBIDDEN,
        "Your rights on feed " + grant.feed() + " cannot be decided on all tables you ask for",
        ofIdentity
            ? e.hint()
            : "Name the tables that you need, or ask the operator: the log has why",
        e);
  }

  /** Warns of the tables of a feed on which rights cannot be decided. */
  public void look(String feed, List<String> names, Rights rights) {
    for (Role role : rights.roles().values()) {
      Optional.ofNullable(role.feeds().get(feed))
          .map(FeedRight::tables)
          .orElse(Map.of())
          .forEach((table, right) -> look(names, table, right));
    }
  }

  private void look(List<String> names, TableName table, TableRight right) {
    try {
      if (names.isEmpty() || !columns(names, table).isEmpty()) {
        filters.check(table, right);
      }
    } catch (ProblemException e) {
      warn(e);
    } catch (SQLException e) {
      return; // each subscriber's are looked at
    }
  }

  private void warn(ProblemException e) {
    String text = "Rights cannot be decided: " + e.getMessage() + ". " + e.hint();
    if (warned.size() < MOST && warned.add(text)) {
      LOG.log(WARNING, text);
    }
  }

  private Map<TableName, RowFilter> filters(
      ChangeOptions changes, Map<TableName, Condition> rows, Map<TableName, List<String>> sent)
      throws SQLException {
    if (rows.isEmpty()) {
      return Map.of();
    }
    return made.get(
        Map.entry(changes, rows),
        () -> {
          Map<TableName, RowFilter> all = new HashMap<>();
          for (TableName one : rows.keySet()) {
            Condition condition = requireNonNull(rows.get(one));
            all.put(one, filters.of(one, condition, changes, sent.get(one)));
          }
          return Map.copyOf(all);
        });
  }

  /** The columns that a feed has of a table, as far as known; none: it has no such table. */
  public List<String> there(List<String> names, TableName table) throws SQLException {
    return names.isEmpty() ? filters.names(table) : columns(names, table);
  }

  private List<String> columns(List<String> names, TableName table) throws SQLException {
    return published.get(Map.entry(names, table), () -> publications.columns(names, table));
  }

  private void check(String feed, List<String> names, ViewRequest view) throws SQLException {
    Set<TableName> tables = new LinkedHashSet<>(view.changes().namedTables());
    tables.addAll(view.rows().keySet());
    for (TableName table : tables) {
      List<String> columns = columns(names, table);
      if (columns.isEmpty()) {
        throw NotThere.table(feed, table);
      }
      Set<String> named = new LinkedHashSet<>();
      named.addAll(view.changes().columns().getOrDefault(table, List.of()));
      Stream.ofNullable(view.rows().get(table))
          .flatMap(Condition::comparisons)
          .forEach(one -> named.add(one.column()));
      columns.forEach(named::remove);
      if (!named.isEmpty()) {
        throw NotThere.column(feed, table, named.iterator().next());
      }
    }
  }
}
