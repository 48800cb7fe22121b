package org.pgdeltastream.replication.facts;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.doctor.Facts.Part;
import org.pgdeltastream.doctor.Facts.Publication;
import org.pgdeltastream.doctor.Facts.Wants;
import org.pgdeltastream.doctor.SqlText;

/** The publications that the settings name. */
final class PublicationRows {
  private static final String SQL =
      """
      select pubname, pubinsert, pubupdate, pubdelete, %s as pubtruncate
        from pg_catalog.pg_publication where pubname in (%s) order by 1""";

  /** Only where two of them can differ: the view looks at each table. */
  private static final String DIFFERING =
      """
      select schemaname, tablename from pg_catalog.pg_publication_tables
       where pubname in (%s) group by 1, 2 having count(distinct attnames) > 1 order by 1, 2""";

  private PublicationRows() {}

  static List<Publication> read(FactsSession session, Wants wants) throws SQLException {
    return wants.publications().isEmpty()
        ? List.of()
        : session.all(
            Part.PUBLICATIONS,
            SQL.formatted(session.since(11, "pubtruncate", "true"), names(wants)),
            row -> new Publication(row.getString("pubname"), actions(row)));
  }

  static List<TableName> differing(FactsSession session, Wants wants) throws SQLException {
    boolean canDiffer = wants.publications().size() > 1 && !session.since(15, "x", "").isEmpty();
    return canDiffer
        ? session.all(
            Part.PUBLICATIONS,
            DIFFERING.formatted(names(wants)),
            row -> new TableName(row.getString("schemaname"), row.getString("tablename")))
        : List.of();
  }

  private static String names(Wants wants) {
    return wants.publications().stream().map(SqlText::literal).collect(Collectors.joining(", "));
  }

  private static Set<Action> actions(ResultSet row) throws SQLException {
    Set<Action> actions = EnumSet.noneOf(Action.class);
    for (Action action : Action.values()) {
      if (row.getBoolean("pub" + action.name().toLowerCase(Locale.ROOT))) {
        actions.add(action);
      }
    }
    return actions;
  }
}
