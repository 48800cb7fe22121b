package org.pgdeltastream.filter.catalog;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.filter.Condition;
import org.pgdeltastream.filter.FilterColumn;
import org.pgdeltastream.filter.RowFilter;
import org.pgdeltastream.filter.ValueClass;

/**
 * Makes filters of conditions, with PostgreSQL's help; refuses what cannot be decided exactly. On a
 * connection that it is given, in its transaction if there is one.
 */
public final class FilterReader {
  /** They mean another time each time they are read. */
  private static final Pattern MOVING =
      Pattern.compile("now|today|tomorrow|yesterday", Pattern.CASE_INSENSITIVE);

  /** Of a number: PostgreSQL would spell all of its digits. */
  private static final Pattern LARGE = Pattern.compile("(?i).*e[+-]?0*[1-9][0-9]{3,}.*");

  private static final int MOST_CHARACTERS = 1_024;

  private final Connection connection;
  private final TableName table;
  private final FilterColumns columns;
  private final boolean hidesValues;

  /** Of a table, for who has written the condition. */
  public FilterReader(Connection connection, TableName table, FilterColumns columns) {
    this(connection, table, columns, false);
  }

  /**
   * Of a table.
   *
   * @param columns those that a condition may name, and perhaps others
   * @param hidesValues whether no constant may stand in a refusal
   */
  public FilterReader(
      Connection connection, TableName table, FilterColumns columns, boolean hidesValues) {
    this.hidesValues = hidesValues;
    this.connection = connection;
    this.table = table;
    this.columns = columns;
  }

  /** A constant, and the column that it is compared with. */
  private record Constant(FilterColumn column, String text) {
    String sql() {
      return "pg_catalog.left(pg_catalog.format('%s', cast(cast(? as text) as "
          + column.sqlType()
          + ")), "
          + (MOST_CHARACTERS + 1)
          + ")";
    }
  }

  /**
   * The filter of a condition.
   *
   * @throws ProblemException BAD_REQUEST, saying what is not there or cannot be decided; then the
   *     transaction, if there is one, cannot go on
   */
  public RowFilter filter(Condition condition) throws SQLException {
    List<Constant> constants = new ArrayList<>();
    for (Condition.Comparison one : condition.comparisons().toList()) {
      FilterColumn column = checked(one);
      if (one.hasConstants()) {
        one.values().forEach(value -> constants.add(new Constant(column, value)));
      }
    }
    constants.forEach(this::checkStandsStill);
    constants.forEach(this::checkSize);
    List<String> spelled = spelled(constants);
    for (int i = 0; i < spelled.size(); i++) {
      if (spelled.get(i).length() > MOST_CHARACTERS) {
        throw tooLong(constants.get(i));
      }
    }
    return RowFilter.of(condition, columns.byName(), spelled);
  }

  private FilterColumn checked(Condition.Comparison comparison) {
    FilterColumn column = columns.byName().get(comparison.column());
    if (column == null) {
      throw bad("it has no column " + Shown.of(comparison.column()));
    }
    try {
      column.check(comparison);
    } catch (IllegalArgumentException e) {
      throw bad(String.valueOf(e.getMessage()));
    }
    return column;
  }

  private void checkStandsStill(Constant one) {
    ValueClass values = one.column().values();
    boolean isTime = values == ValueClass.DATE || values == ValueClass.TIMESTAMP;
    if (isTime && MOVING.matcher(one.text()).find()) {
      throw bad(shown(one) + " is no constant");
    }
  }

  private void checkSize(Constant one) {
    boolean isNumber =
        one.column().values() == ValueClass.NUMERIC || one.column().values() == ValueClass.DOUBLE;
    if (isNumber && LARGE.matcher(one.text()).matches()) {
      throw tooLong(one);
    }
  }

  private ProblemException tooLong(Constant one) {
    return bad(
        "a value of column %s has more than %d characters"
            .formatted(one.column().name(), MOST_CHARACTERS));
  }

  private String shown(Constant one) {
    return hidesValues ? "a claim or constant" : Shown.of(one.text());
  }

  /** The constants as PostgreSQL spells values of their types. */
  private List<String> spelled(List<Constant> constants) throws SQLException {
    if (constants.isEmpty()) {
      return List.of();
    }
    Savepoint before = connection.getAutoCommit() ? null : connection.setSavepoint();
    try {
      return asked(constants);
    } catch (SQLException e) {
      if (isOfValue(e)) {
        if (before != null) {
          connection.rollback(before);
        }
        for (Constant one : constants) {
          checkValue(one);
        }
      }
      throw e;
    }
  }

  private List<String> asked(List<Constant> constants) throws SQLException {
    String sql = constants.stream().map(Constant::sql).collect(Collectors.joining(", "));
    try (PreparedStatement statement = connection.prepareStatement("select " + sql)) {
      for (int i = 0; i < constants.size(); i++) {
        statement.setString(i + 1, constants.get(i).text());
      }
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        List<String> spelled = new ArrayList<>();
        for (int i = 1; i <= constants.size(); i++) {
          spelled.add(row.getString(i));
        }
        return spelled;
      }
    }
  }

  private void checkValue(Constant one) throws SQLException {
    try {
      asked(List.of(one));
    } catch (SQLException e) {
      if (isOfValue(e)) {
        throw bad(
            "%s is no value of type %s, which column %s has"
                .formatted(shown(one), one.column().sqlType(), one.column().name()));
      }
      throw e;
    }
  }

  /** Class 22 is data exceptions. Source: manual, "PostgreSQL Error Codes". */
  private static boolean isOfValue(SQLException e) {
    return e.getSQLState() != null && e.getSQLState().startsWith("22");
  }

  private ProblemException bad(String message) {
    return new ProblemException(
        Problem.BAD_REQUEST,
        "rows of table " + Shown.of(table.toString()) + ": " + message,
        "See what can be compared in filters.md");
  }
}
