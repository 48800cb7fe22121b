package org.pgdeltastream.slot.explain;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.feed.ViewOptions;
import org.pgdeltastream.filter.Condition;
import org.pgdeltastream.filter.RowFilter;
import org.pgdeltastream.replication.publication.FilterCatalog;
import org.pgdeltastream.rights.Bearer;
import org.pgdeltastream.rights.Grant;
import org.pgdeltastream.rights.NotThere;
import org.pgdeltastream.slot.admission.Caller;
import org.pgdeltastream.slot.database.Problems;
import org.pgdeltastream.slot.view.KnownViews;

/** Says why a row is shown to who follows a feed, or is not. For any thread. */
public final class Explainer {
  private final KnownViews views;
  private final FilterCatalog catalog;
  private final Function<String, List<String>> publications;
  private final Semaphore ofOperators = new Semaphore(1);
  private final Semaphore ofBearers = new Semaphore(1);

  /**
   * Of all feeds.
   *
   * @param publications of a feed; none: not known yet
   */
  public Explainer(
      KnownViews views, FilterCatalog catalog, Function<String, List<String>> publications) {
    this.views = views;
    this.catalog = catalog;
    this.publications = publications;
  }

  /**
   * Says it to who follows the feed. To a bearer what its right does not show is not there: it is
   * told of its own view alone, and only if it may begin with rows.
   *
   * @param other whose rights are explained, apart, to who sees everything
   * @throws ProblemException as where the caller follows the feed
   */
  public Explanation explain(String feed, Question asked, Caller caller, Optional<Bearer> other) {
    Optional<Grant> own = caller.grant(feed, true);
    List<String> names = publications.apply(feed);
    return own.isPresent()
        ? oneAtATime(ofBearers, () -> own(feed, names, asked, own.get()))
        : oneAtATime(ofOperators, () -> any(feed, names, asked, other));
  }

  private Explanation any(String feed, List<String> names, Question asked, Optional<Bearer> other)
      throws SQLException {
    views.forget(); // what is true now is asked for
    ViewOptions view = views.resolved(feed, names, asked.view(), Optional.empty());
    List<Told> told = new ArrayList<>();
    told.add(Told.of(view, asked.table(), !views.there(names, asked.table()).isEmpty()));
    if (other.isPresent()) {
      told.add(rights(feed, names, asked, other.get()));
    }
    return explained(asked.table(), filter(asked.table(), asked.row(), false).sql(), told);
  }

  /** What a role shows of the table, whatever was asked for. */
  private Told rights(String feed, List<String> names, Question asked, Bearer other)
      throws SQLException {
    if (other.seesAll()) {
      return new Told(true, Set.of(Action.values()), null, Optional.empty());
    }
    Optional<Grant> grant = other.grant(feed);
    if (grant.isEmpty()) {
      return Told.nothing("The role does not name the feed");
    }
    List<String> published = views.there(names, asked.table());
    Optional<String> whyNot = grant.get().whyNot(asked.table(), published);
    if (whyNot.isPresent()) {
      return Told.nothing(whyNot.get());
    }
    try {
      Told told = shown(asked.table(), grant.get(), published);
      return refusal(feed, names, asked, grant.get()).map(told::refused).orElse(told);
    } catch (ProblemException e) {
      return Told.nothing(reason(e));
    }
  }

  /** What the right alone shows of the table. */
  private Told shown(TableName table, Grant grant, List<String> published) throws SQLException {
    Grant.Narrowed shown = grant.narrow(ChangeOptions.usual(), Map.of(), Map.of(table, published));
    Condition rows = shown.rows().get(table);
    RowFilter filter = rows == null ? null : filter(table, rows, true);
    return new Told(true, shown.changes().actions(table), filter, Optional.empty());
  }

  /** Why a stream that asks so is refused. */
  private Optional<String> refusal(String feed, List<String> names, Question asked, Grant grant) {
    try {
      views.resolved(feed, names, asked.view(), Optional.of(grant));
      return Optional.empty();
    } catch (ProblemException e) {
      return Optional.of(reason(e));
    }
  }

  private static String reason(ProblemException e) {
    return String.valueOf(
        e.getCause() instanceof ProblemException known ? known.getMessage() : e.getMessage());
  }

  private Explanation own(String feed, List<String> names, Question asked, Grant grant)
      throws SQLException {
    TableName table = asked.table();
    ViewOptions view = views.resolved(feed, names, asked.view(), Optional.of(grant));
    List<String> published = views.there(names, table);
    if (grant.whyNot(table, published).isPresent()) {
      throw NotThere.table(feed, table);
    }
    grant.checkSeen(table, asked.row(), published);
    RowFilter visible = shown(table, grant, published).rows();
    String row = filter(table, asked.row(), false).sql();
    ViewOptions unlimited = views.resolved(feed, names, asked.view(), Optional.empty());
    return explained(
        table,
        visible == null ? row : "(" + row + ") and (" + visible.sql() + ")",
        List.of(Told.of(view, table, true).selecting(unlimited.rows().get(table))));
  }

  private interface Answer {
    Explanation get() throws SQLException;
  }

  /** PostgreSQL may have to search. */
  private static Explanation oneAtATime(Semaphore turn, Answer answer) {
    if (!turn.tryAcquire()) {
      throw new ProblemException(
          Problem.UPSTREAM_BUSY, "Another row is being explained", "Try again in a moment");
    }
    try {
      return answer.get();
    } catch (SQLException e) {
      throw Problems.of(e);
    } finally {
      turn.release();
    }
  }

  private RowFilter filter(TableName table, Condition condition, boolean hidesValues)
      throws SQLException {
    return catalog.filter(table, condition, catalog.columns(table), hidesValues);
  }

  private Explanation explained(TableName table, String row, List<Told> all) throws SQLException {
    List<String> conditions = new ArrayList<>();
    all.forEach(one -> conditions.addAll(one.conditions()));
    Optional<List<@Nullable String>> decided = decided(table, row, conditions);
    List<Explanation.Part> parts = new ArrayList<>();
    int from = 0;
    for (Told one : all) {
      int begin = from;
      int end = begin + one.conditions().size();
      parts.add(one.part(decided.map(found -> found.subList(begin, end))));
      from = end;
    }
    return new Explanation(decided.isPresent(), parts.get(0), parts.stream().skip(1).findFirst());
  }

  private Optional<List<@Nullable String>> decided(
      TableName table, String row, List<String> conditions) throws SQLException {
    try {
      return catalog.decided(table, row, conditions);
    } catch (SQLException e) {
      if (Problems.has(e, "42501")) {
        throw new ProblemException(
            Problem.FORBIDDEN,
            "This server's database user may not read table " + table,
            "Grant it SELECT on the table and USAGE on its schema");
      }
      throw e;
    }
  }
}
