package org.pgdeltastream.snapshot;

import java.sql.SQLException;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.snapshot.table.CatalogReader;
import org.pgdeltastream.snapshot.table.RewriteCheck;
import org.pgdeltastream.snapshot.table.TableReference;

/** What PostgreSQL's errors mean for a page. Source: manual, "PostgreSQL Error Codes". */
final class SnapshotFailure {
  private SnapshotFailure() {}

  /** Whether SET TRANSACTION SNAPSHOT failed because there is no such snapshot any more. */
  static boolean isSnapshotGone(SQLException failure) {
    String state = state(failure);
    return state.equals("22023") || state.equals("42704");
  }

  static boolean isCancelled(SQLException failure) {
    return state(failure).equals("57014");
  }

  /** Whether there is no connection any more. */
  static boolean isLost(SQLException failure) {
    return state(failure).startsWith("08") || state(failure).startsWith("57P");
  }

  /** A name that is unknown now, or a privilege that is missing. */
  static boolean isRefusal(SQLException failure) {
    return state(failure).startsWith("42");
  }

  /** A text that UTF-8 cannot represent. */
  private static boolean isOfNoEncoding(SQLException failure) {
    return state(failure).equals("22021") || state(failure).equals("22P05");
  }

  /** The problem behind the failure, or the failure itself where it is not about tables. */
  static SQLException translated(SQLException failure) {
    if (isCancelled(failure) || state(failure).equals("55P03")) {
      throw busy(failure, "Reading the list of tables");
    }
    if (isOfNoEncoding(failure)) {
      throw untranslatable(failure, "A name");
    }
    return failure;
  }

  /** The same, for the reading of a table. */
  static SQLException translated(SQLException failure, TableReference table) throws SQLException {
    if (isOfNoEncoding(failure)) {
      throw untranslatable(failure, "A text of table " + table);
    }
    switch (state(failure)) {
      case "57014", "55P03" -> throw busy(failure, "Reading table " + table);
      case "42P01", "3F000" ->
          throw caused(CatalogReader.missing(table, "has been dropped since"), failure);
      case "42703" -> throw caused(RewriteCheck.rewritten(table), failure);
      case "42501" -> throw caused(CatalogReader.forbidden(table), failure);
      case "42883" -> throw unordered(failure, table);
      default -> {
        return failure;
      }
    }
  }

  private static ProblemException untranslatable(SQLException failure, String what) {
    return new ProblemException(
        Problem.UPSTREAM_CONFIG,
        what + " cannot be sent as UTF-8: the database holds bytes that are not of its encoding",
        "Leave the column out; or repair its texts. A database of encoding SQL_ASCII checks none:"
            + " dump it and restore it into one of encoding UTF8",
        failure);
  }

  private static ProblemException busy(SQLException failure, String what) {
    return new ProblemException(
        Problem.UPSTREAM_BUSY,
        what + " took PostgreSQL too long",
        "Ask for fewer rows, or for an order that an index has; or try again when no other"
            + " transaction locks the table",
        failure);
  }

  private static ProblemException unordered(SQLException failure, TableReference table) {
    return new ProblemException(
        Problem.BAD_REQUEST,
        "Table " + table + " cannot be ordered by these columns: a type has no order",
        "Order by other columns",
        failure);
  }

  private static ProblemException caused(ProblemException problem, SQLException failure) {
    problem.initCause(failure);
    return problem;
  }

  private static String state(SQLException failure) {
    return String.valueOf(failure.getSQLState());
  }
}
