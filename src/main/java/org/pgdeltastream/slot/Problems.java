package org.pgdeltastream.slot;

import java.sql.SQLException;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;

/**
 * From PostgreSQL's error codes to our problems. The texts are ours: PostgreSQL's own may name
 * hosts and roles.
 *
 * <p>Source: manual, "PostgreSQL Error Codes".
 */
final class Problems {
  private Problems() {}

  static boolean has(SQLException e, String sqlState) {
    return sqlState.equals(e.getSQLState());
  }

  /** The output plugin is not installed, or not allowed: both name it in any language. */
  static boolean refusesPlugin(SQLException e, String plugin) {
    boolean refused = has(e, "58P01") || has(e, "42501");
    return refused && String.valueOf(e.getMessage()).contains(plugin);
  }

  static ProblemException of(SQLException e) {
    String state = String.valueOf(e.getSQLState());
    return switch (state) {
      case "53300" ->
          problem(
              Problem.UPSTREAM_BUSY,
              "PostgreSQL has no connection or walsender left",
              "Try again; or raise max_connections or max_wal_senders",
              e);
      case "53400" ->
          problem(
              Problem.SLOTS_EXHAUSTED,
              "All replication slots of the PostgreSQL server are in use",
              "Drop slots that nobody needs (GET /v1/slots, DELETE /v1/slots/{name}),"
                  + " or raise max_replication_slots and restart PostgreSQL",
              e);
      case "55P03" ->
          problem(
              Problem.BLOCKED_BY_OPEN_TRANSACTION,
              "A transaction that writes stays open; PostgreSQL makes a slot only after its end",
              "Try again when it has ended; pg_stat_activity shows the oldest xact_start",
              e);
      case "42501" ->
          problem(
              Problem.UPSTREAM_CONFIG,
              "The database role lacks a right",
              "The role needs REPLICATION: ALTER ROLE … REPLICATION; and for publications of our"
                  + " own CREATE on the database",
              e);
      case "55000" ->
          problem(
              Problem.UPSTREAM_CONFIG,
              "PostgreSQL is not set up for logical decoding",
              "Set wal_level = logical in postgresql.conf and restart PostgreSQL",
              e);
      case "42710" ->
          problem(Problem.SLOT_EXISTS, "A slot of this name exists", "Choose another name", e);
      case "42704" ->
          problem(Problem.SLOT_NOT_FOUND, "There is no such slot", "Make one: GET /v1/init", e);
      case "55006" ->
          problem(
              Problem.SLOT_BUSY,
              "The slot is being streamed by another client",
              "Wait for its end, or make a slot of your own: GET /v1/init",
              e);
      case "3D000" ->
          problem(
              Problem.UPSTREAM_CONFIG,
              "The configured database does not exist",
              "Correct pgdelta.database-url",
              e);
      default -> byClass(state, e);
    };
  }

  private static ProblemException byClass(String state, SQLException e) {
    if (state.startsWith("28")) {
      return problem(
          Problem.UPSTREAM_CONFIG,
          "PostgreSQL refuses our role or password",
          "Check pgdelta.database-user, pgdelta.database-password and pg_hba.conf",
          e);
    }
    if (state.startsWith("08") || state.startsWith("57P")) {
      return problem(
          Problem.UPSTREAM_UNAVAILABLE,
          "PostgreSQL cannot be reached",
          "Try again; if it stays so, check that it runs and that pgdelta.database-url is right",
          e);
    }
    throw new IllegalStateException("PostgreSQL answered with an unforeseen error " + state, e);
  }

  private static ProblemException problem(
      Problem problem, String message, String hint, SQLException cause) {
    return new ProblemException(problem, message, hint, cause);
  }
}
