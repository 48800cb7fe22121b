package org.pgdeltastream.slot.database;

import java.sql.SQLException;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;

/** Why our publications cannot be made; with a named one, or wal2json, nothing is made. */
public final class PublicationRefusals {
  private static final String INSTEAD =
      "; or let its owner run CREATE PUBLICATION p FOR TABLE … and name it at init (publication=p)";

  private PublicationRefusals() {}

  /** An error that is not about publications stays as it is. */
  public static SQLException asElsewhere(SQLException e) {
    String state = String.valueOf(e.getSQLState());
    switch (state) {
      case "42710", "53300" -> {
        return e;
      }
      case "53200" ->
          throw problem(
              Problem.UPSTREAM_BUSY,
              "PostgreSQL's lock table is full, or it has no memory left",
              "Try again; or raise max_locks_per_transaction and restart PostgreSQL",
              e);
      case "55P03", "57014", "40P01", "40001" ->
          throw problem(
              Problem.UPSTREAM_BUSY,
              "Our publications are locked, perhaps by another server that makes a slot",
              "Try again; pg_locks shows who holds the lock",
              e);
      case "42501" ->
          throw problem(
              Problem.UPSTREAM_CONFIG,
              "The database role may not make publications",
              "Let an owner run: GRANT CREATE ON DATABASE … TO …" + INSTEAD,
              e);
      case "08P01" ->
          throw problem(
              Problem.UPSTREAM_CONFIG,
              "A connection pooler stands between this server and PostgreSQL",
              "Name PostgreSQL's own port in pgdelta.database-url",
              e);
      case "25006" ->
          throw problem(
              Problem.UPSTREAM_CONFIG,
              "PostgreSQL lets the database role only read, so that it makes no publications",
              "Let the role write: ALTER ROLE … SET default_transaction_read_only = off" + INSTEAD,
              e);
      default -> {
        if (state.startsWith("08")
            || state.startsWith("57P")
            || state.startsWith("28")
            || state.startsWith("3D")) {
          return e;
        }
        throw problem(
            Problem.UPSTREAM_CONFIG,
            "PostgreSQL refuses to make publications (SQLSTATE " + state + ")",
            "Look into PostgreSQL's log; an event trigger may refuse them" + INSTEAD,
            e);
      }
    }
  }

  private static ProblemException problem(
      Problem problem, String message, String hint, SQLException cause) {
    return new ProblemException(problem, message, hint, cause);
  }
}
