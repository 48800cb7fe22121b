package org.pgdeltastream.slot.database;

import static java.lang.System.Logger.Level.WARNING;

import java.lang.System.Logger;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.pgdeltastream.change.HeapUsedUpException;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.postgresql.util.GT;
import org.postgresql.util.PSQLException;

/**
 * From PostgreSQL's error codes, and from the driver's and a pool's refusals, to our problems: each
 * existing code has one. The texts are ours: PostgreSQL's own may contain hosts, roles and values,
 * in any language. Only names of settings are searched for in them, which no language changes.
 *
 * <p>Source: manual, "PostgreSQL Error Codes".
 */
public final class Problems {
  private static final Logger LOG = System.getLogger(Problems.class.getName());
  private static final int CAUSES = 20; // more than any pool wraps; ends a circle of causes

  private Problems() {}

  public static boolean has(SQLException e, String sqlState) {
    return sqlState.equals(e.getSQLState());
  }

  /** What PostgreSQL or the driver said, where that is the cause. */
  public static Optional<String> sqlState(ProblemException e) {
    return e.getCause() instanceof SQLException sql
        ? Optional.ofNullable(sql.getSQLState())
        : Optional.empty();
  }

  /** The output plugin is not installed, or not allowed: both name it in any language. */
  public static boolean refusesPlugin(SQLException e, String plugin) {
    boolean refused = has(e, "58P01") || has(e, "42501");
    return refused && text(e).contains(plugin);
  }

  /** The heap has no space for the answer, now or ever. */
  public static ProblemException of(HeapUsedUpException e) {
    return e.isHopeless()
        ? new ProblemException(
            Problem.PAYLOAD_TOO_LARGE,
            "The answer needs more memory than there is for it: " + e.getMessage(),
            "Ask for fewer rows or columns, or raise pgdelta.heap-bytes and -Xmx",
            e)
        : new ProblemException(
            Problem.UPSTREAM_BUSY,
            "This server has no memory left for the answer: " + e.getMessage(),
            "Try again in a moment, or ask for fewer rows at once; or raise pgdelta.heap-bytes and"
                + " -Xmx",
            e);
  }

  public static ProblemException of(SQLException e) {
    SQLException sql = cause(e);
    Meaning meaning = sql.getSQLState() == null ? Meaning.POOL : meaning(sql, sql.getSQLState());
    String message = meaning.message();
    if (meaning.isUnforeseen()) {
      String id = "%08x".formatted(ThreadLocalRandom.current().nextInt());
      message += " (SQLSTATE " + sql.getSQLState() + "), id " + id;
      LOG.log(WARNING, message + "; PostgreSQL's own log has its message");
    }
    return new ProblemException(meaning.problem(), message, meaning.hint(), e);
  }

  /** The error of PostgreSQL or its driver, inside the pool's. */
  private static SQLException cause(SQLException e) {
    return causes(e)
        .filter(SQLException.class::isInstance)
        .map(SQLException.class::cast)
        .filter(sql -> sql.getSQLState() != null)
        .findFirst()
        .orElse(e);
  }

  private static Stream<Throwable> causes(Throwable e) {
    return Stream.iterate(e, cause -> cause != null, Throwable::getCause).limit(CAUSES);
  }

  private static Meaning meaning(SQLException e, String state) {
    return switch (state) {
      case "08004" -> rejectedByDriver(e);
      case "08P01" -> isOfServer(e) ? Meaning.POOLER : Meaning.UNREACHABLE;
      case "26000", "42P05" -> Meaning.POOLER; // a prepared statement of another's session
      case "25006" -> Meaning.READ_ONLY;
      case "28P01" -> Meaning.WRONG_PASSWORD;
      case "3D000" -> Meaning.NO_DATABASE;
      case "42501" -> Meaning.NO_RIGHT;
      case "42704" -> Meaning.NO_SLOT;
      case "42710" -> Meaning.SLOT_EXISTS;
      case "53100" -> Meaning.DISK_FULL;
      case "53200" -> Meaning.OUT_OF_MEMORY;
      case "53300" ->
          text(e).contains("max_wal_senders") ? Meaning.NO_WALSENDER : Meaning.NO_CONNECTION;
      case "53400" ->
          text(e).contains("temp_file_limit") ? Meaning.DISK_FULL : Meaning.SLOTS_EXHAUSTED;
      case "55000" -> notReady(e);
      case "55006" -> Meaning.SLOT_BUSY;
      case "55P03" -> Meaning.BLOCKED;
      case "57014" -> Meaning.CANCELLED;
      case "57P04" -> Meaning.NO_DATABASE;
      default -> byClass(e, state);
    };
  }

  private static Meaning byClass(SQLException e, String state) {
    return switch (state.length() < 2 ? state : state.substring(0, 2)) {
      case "08" -> unreachable(e);
      case "0A" -> Meaning.NOT_SUPPORTED;
      case "22" -> isOfServer(e) ? encoding(state) : Meaning.BAD_URL;
      case "25" -> Meaning.TRANSACTION_ENDED;
      case "28" -> Meaning.NOT_LET_IN;
      case "40" -> Meaning.CONFLICT;
      case "42" -> isOfServer(e) ? Meaning.NOT_UNDERSTOOD : Meaning.BAD_URL;
      case "53", "54" -> Meaning.LIMIT;
      case "55" -> Meaning.NOT_READY;
      case "57" -> Meaning.SHUTS_DOWN;
      case "58", "F0" -> Meaning.SYSTEM_ERROR;
      case "P0" -> Meaning.RAISED;
      case "HV" -> Meaning.FOREIGN;
      case "HY" -> Meaning.POOL; // the call-level interface's: not PostgreSQL's, but Tomcat's pool
      default -> isOfServer(e) ? Meaning.UNFORESEEN : Meaning.BAD_URL;
    };
  }

  private static Meaning encoding(String state) {
    return state.equals("22021") || state.equals("22P05") ? Meaning.ENCODING : Meaning.UNFORESEEN;
  }

  /** The driver refuses what the server wants; only its own text says why. */
  private static Meaning rejectedByDriver(SQLException e) {
    return text(e).equals(GT.tr("The server does not support SSL."))
        ? Meaning.NO_TLS
        : Meaning.NO_PASSWORD;
  }

  private static Meaning unreachable(SQLException e) {
    if (causes(e).anyMatch(SSLException.class::isInstance)
        || Stream.of(e.getStackTrace())
            .anyMatch(frame -> frame.getClassName().startsWith("org.postgresql.ssl."))) {
      return Meaning.TLS_FAILED;
    }
    return causes(e).anyMatch(UnknownHostException.class::isInstance)
        ? Meaning.UNKNOWN_HOST
        : Meaning.UNREACHABLE;
  }

  private static Meaning notReady(SQLException e) {
    if (text(e).contains("max_replication_slots")) {
      return Meaning.NO_SLOTS_ALLOWED;
    }
    return text(e).contains("wal_level") ? Meaning.WAL_LEVEL : Meaning.NOT_READY;
  }

  /** Whether PostgreSQL itself, or a pooler in front of it, sent it; else the driver made it. */
  private static boolean isOfServer(SQLException e) {
    return !(e instanceof PSQLException known) || known.getServerErrorMessage() != null;
  }

  private static String text(SQLException e) {
    return String.valueOf(e.getMessage());
  }
}
