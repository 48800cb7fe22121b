package org.pgdeltastream.slot.database;

import static org.pgdeltastream.change.Problem.BLOCKED_BY_OPEN_TRANSACTION;
import static org.pgdeltastream.change.Problem.UPSTREAM_BUSY;
import static org.pgdeltastream.change.Problem.UPSTREAM_CONFIG;
import static org.pgdeltastream.change.Problem.UPSTREAM_UNAVAILABLE;

import org.pgdeltastream.change.Problem;

/** What an error of PostgreSQL's means for the client, and what to do. */
public enum Meaning {
  POOL(
      UPSTREAM_BUSY,
      "This server's pool of connections for snapshots (jdbc/pgdelta) gives none: all are in use",
      "Read fewer pages and tables at once, or try again; on an application server the pool's"
          + " maximum can be raised"),
  UNREACHABLE(
      UPSTREAM_UNAVAILABLE,
      "PostgreSQL cannot be reached, or the connection to it was lost",
      "Try again; if it stays so, check that it runs and that pgdelta.database-url is right"),
  UNKNOWN_HOST(
      UPSTREAM_UNAVAILABLE,
      "PostgreSQL cannot be reached: no address is known for its host name",
      "Check the host in pgdelta.database-url, and the name service of this machine"),
  SHUTS_DOWN(
      UPSTREAM_UNAVAILABLE,
      "PostgreSQL cannot be reached: it starts, shuts down or has ended our connection",
      "Try again; if it stays so, see PostgreSQL's log"),
  POOLER(
      UPSTREAM_CONFIG,
      "A connection pooler, such as PgBouncer, stands between this server and PostgreSQL",
      "Name PostgreSQL's own host and port in pgdelta.database-url: replication cannot be pooled"),
  NO_TLS(
      UPSTREAM_CONFIG,
      "The settings ask for TLS, but PostgreSQL does not offer it",
      "Set ssl = on in postgresql.conf, or leave sslmode out of pgdelta.database-url (PGSSLMODE)"),
  TLS_FAILED(
      UPSTREAM_CONFIG,
      "TLS with PostgreSQL fails: its certificate or its host name is not what the settings want",
      "Check sslmode and sslrootcert in pgdelta.database-url"),
  NO_PASSWORD(
      UPSTREAM_CONFIG,
      "PostgreSQL asks for a password, or for a way to log in, that was not provided",
      "Set pgdelta.database-password (PGDELTA_DATABASE_PASSWORD; for the jar PGPASSWORD too), or"
          + " change the line in pg_hba.conf"),
  WRONG_PASSWORD(
      UPSTREAM_CONFIG,
      "PostgreSQL refuses our role or password",
      "Check pgdelta.database-user and pgdelta.database-password"),
  NOT_LET_IN(
      UPSTREAM_CONFIG,
      "PostgreSQL refuses our role or password: no such role, or no line of pg_hba.conf for it",
      "Check pgdelta.database-user and pg_hba.conf; where the line is hostssl, add sslmode=require"
          + " to pgdelta.database-url"),
  NO_DATABASE(
      UPSTREAM_CONFIG, "The configured database does not exist", "Correct pgdelta.database-url"),
  BAD_URL(
      UPSTREAM_CONFIG,
      "PostgreSQL's driver refuses the settings",
      "Check pgdelta.database-url and its parameters"),
  NO_RIGHT(
      UPSTREAM_CONFIG,
      "The database role lacks a right",
      "The role needs REPLICATION: ALTER ROLE … REPLICATION; and for publications of our own CREATE"
          + " on the database"),
  READ_ONLY(
      UPSTREAM_CONFIG,
      "PostgreSQL takes no writes here: it is a standby, or default_transaction_read_only is on",
      "Name a publication that is there (publication=…), make the slot on the primary, or set"
          + " default_transaction_read_only = off for our role"),
  WAL_LEVEL(
      UPSTREAM_CONFIG,
      "PostgreSQL is not set up for logical decoding",
      "Set wal_level = logical in postgresql.conf (of a standby: on the primary too) and restart"
          + " PostgreSQL"),
  NO_SLOTS_ALLOWED(
      UPSTREAM_CONFIG,
      "PostgreSQL is set up to have no replication slots",
      "Set max_replication_slots = 10 or more in postgresql.conf and restart PostgreSQL"),
  NOT_READY(
      UPSTREAM_CONFIG,
      "PostgreSQL is not in a state for this",
      "See PostgreSQL's log",
      Kind.UNFORESEEN),
  SLOTS_EXHAUSTED(
      Problem.SLOTS_EXHAUSTED,
      "All replication slots of the PostgreSQL server are in use",
      "Drop slots that nobody needs (GET /v1/slots, DELETE /v1/slots/{name}), or raise"
          + " max_replication_slots and restart PostgreSQL"),
  SLOT_BUSY(
      Problem.SLOT_BUSY,
      "The slot is being streamed by another client",
      "Wait for its end, or make a slot of your own: GET /v1/init"),
  SLOT_EXISTS(Problem.SLOT_EXISTS, "A slot of this name exists", "Choose another name"),
  NO_SLOT(Problem.SLOT_NOT_FOUND, "There is no such slot", "Make one: GET /v1/init"),
  BLOCKED(
      BLOCKED_BY_OPEN_TRANSACTION,
      "A transaction that writes stays open; PostgreSQL makes a slot only after its end",
      "Try again when it has ended; pg_stat_activity shows the oldest xact_start"),
  NO_WALSENDER(
      UPSTREAM_BUSY,
      "PostgreSQL has no walsender left: as many as max_wal_senders run",
      "Try again when another stream or standby has ended; or raise max_wal_senders and restart"
          + " PostgreSQL"),
  NO_CONNECTION(
      UPSTREAM_BUSY,
      "PostgreSQL has no connection left",
      "Try again; or raise max_connections, or the connection limit of the role or database"),
  DISK_FULL(
      UPSTREAM_BUSY,
      "PostgreSQL's disk is full, or its limit for temporary files is reached",
      "Free space there: drop slots that nobody reads (GET /v1/slots); or raise temp_file_limit"),
  OUT_OF_MEMORY(
      UPSTREAM_BUSY,
      "PostgreSQL has no memory left for this",
      "Try again; if it stays so, give its machine more memory, or raise"
          + " max_locks_per_transaction"),
  LIMIT(
      UPSTREAM_BUSY,
      "PostgreSQL has reached one of its limits",
      "Ask for less at once, or see PostgreSQL's log",
      Kind.UNFORESEEN),
  CANCELLED(
      UPSTREAM_BUSY,
      "PostgreSQL has cancelled this: it took longer than a time limit, or somebody cancelled it",
      "Try again; or ask for less at once"),
  CONFLICT(
      UPSTREAM_BUSY,
      "PostgreSQL has ended this for the sake of another transaction, or of a standby's replay",
      "Try again"),
  TRANSACTION_ENDED(
      UPSTREAM_UNAVAILABLE,
      "PostgreSQL has ended our transaction",
      "Try again; if it stays so, see PostgreSQL's log, and what stands between: a pooler?",
      Kind.UNFORESEEN),
  ENCODING(
      UPSTREAM_CONFIG,
      "A text in the database cannot be converted to UTF-8",
      "See the database's encoding (SQL_ASCII takes any bytes), and repair the text"),
  NOT_SUPPORTED(
      UPSTREAM_CONFIG,
      "This PostgreSQL cannot do this",
      "On a standby logical decoding needs PostgreSQL 16; else see PostgreSQL's log",
      Kind.UNFORESEEN),
  NOT_UNDERSTOOD(
      UPSTREAM_CONFIG,
      "PostgreSQL does not know what it was asked for",
      "Is it PostgreSQL 10 or later itself, without a pooler between? See its log",
      Kind.UNFORESEEN),
  RAISED(
      UPSTREAM_CONFIG,
      "A trigger or function of the database refuses this",
      "Look at its event triggers; where they refuse publications, make one and name it"
          + " (publication=…)"),
  FOREIGN(
      UPSTREAM_CONFIG,
      "A foreign server behind PostgreSQL refuses this",
      "See PostgreSQL's log",
      Kind.UNFORESEEN),
  SYSTEM_ERROR(
      UPSTREAM_UNAVAILABLE,
      "PostgreSQL cannot read or write its files, or lacks one",
      "See PostgreSQL's log: a disk, a right, or the output plugin's library",
      Kind.UNFORESEEN),
  UNFORESEEN(UPSTREAM_CONFIG, "PostgreSQL refuses this", "See PostgreSQL's log", Kind.UNFORESEEN);

  private enum Kind {
    KNOWN,
    UNFORESEEN
  }

  private final Problem problem;
  private final String message;
  private final String hint;
  private final Kind kind;

  Meaning(Problem problem, String message, String hint) {
    this(problem, message, hint, Kind.KNOWN);
  }

  Meaning(Problem problem, String message, String hint, Kind kind) {
    this.problem = problem;
    this.message = message;
    this.hint = hint;
    this.kind = kind;
  }

  public Problem problem() {
    return problem;
  }

  public String message() {
    return message;
  }

  public String hint() {
    return hint;
  }

  /** Whether the answer needs the code too, since the message covers many. */
  boolean isUnforeseen() {
    return kind == Kind.UNFORESEEN;
  }
}
