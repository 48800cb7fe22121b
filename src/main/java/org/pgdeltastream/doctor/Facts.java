package org.pgdeltastream.doctor;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.pgdeltastream.change.Action;
import org.pgdeltastream.change.ReplicaIdentity;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.rights.Rights;

/**
 * What was found of a PostgreSQL at one moment; {@code unread} says why something is empty.
 *
 * @param differing tables of which the wanted publications send different columns
 * @param granted the tables that roles of {@code pgdelta.rights} name
 * @param transactions those that write, the oldest first
 */
public record Facts(
    Server server,
    ServerSettings settings,
    Role role,
    Room room,
    List<Table> tables,
    List<Publication> publications,
    List<TableName> differing,
    Map<TableName, GrantedTable> granted,
    List<Slot> slots,
    List<OpenTransaction> transactions,
    List<PreparedTransaction> prepared,
    Kafka kafka,
    Wants wants,
    Map<Part, String> unread) {

  public Facts {
    tables = List.copyOf(tables);
    publications = List.copyOf(publications);
    differing = List.copyOf(differing);
    granted = Map.copyOf(granted);
    slots = List.copyOf(slots);
    transactions = List.copyOf(transactions);
    prepared = List.copyOf(prepared);
    unread = Map.copyOf(unread);
  }

  /** What may be unreadable by itself. */
  public enum Part {
    TABLES,
    PUBLICATIONS,
    GRANTED,
    SLOTS,
    TRANSACTIONS,
    PREPARED,
    REPLICATION,
    KAFKA
  }

  /**
   * The server and the way to it.
   *
   * @param versionNumber as {@code server_version_num}: 180006
   * @param pooled whether another process answers than the one that the login named
   * @param standby whether it is in recovery
   * @param ofReplication who answers on a replication connection
   * @param clockAhead how far its clock is ahead of ours, without the time of the way
   * @param driver the JDBC driver's version
   */
  public record Server(
      int versionNumber,
      String version,
      String database,
      boolean standby,
      boolean pooled,
      Identity identity,
      Optional<Identity> ofReplication,
      Duration clockAhead,
      String driver) {
    /** 18 of 18.6. */
    public int major() {
      return versionNumber / 10_000;
    }
  }

  /** One running instance. Source: manual, "System Information Functions". */
  public record Identity(String system, Instant started, boolean standby) {}

  /**
   * The role that we log in as. Source: manual, "pg_roles".
   *
   * @param replicates whether it has REPLICATION, or RDS's role for it
   * @param creates whether it has CREATE on the database
   * @param monitors whether it sees others' sessions
   * @param overrides what is set for it or its database, as {@code name=value}
   */
  public record Role(
      String name,
      boolean superuser,
      boolean replicates,
      boolean bypassesRowSecurity,
      boolean creates,
      boolean monitors,
      List<String> overrides) {
    public Role {
      overrides = List.copyOf(overrides);
    }
  }

  /**
   * What is used and what there is at most.
   *
   * @param mostConnections without those that are reserved for others
   * @param roleLimit at most so many connections of the role; negative: any number
   * @param databaseLimit the same of the database
   */
  public record Room(
      int slots,
      int mostSlots,
      int senders,
      int mostSenders,
      int connections,
      int mostConnections,
      int ofRole,
      int roleLimit,
      int ofDatabase,
      int databaseLimit) {}

  /**
   * An ordinary or partitioned table. Source: manual, "pg_class", "ALTER TABLE".
   *
   * @param hidden whether row level security may hide rows from the role
   * @param key its primary key, as far as PostgreSQL identifies rows by it
   * @param usableIndex whether the index that REPLICA IDENTITY names is there
   * @param toastPages pages of values stored apart, as of the last vacuum
   */
  public record Table(
      TableName name,
      Kind kind,
      ReplicaIdentity identity,
      Key key,
      boolean usableIndex,
      boolean used,
      boolean readable,
      boolean owned,
      boolean hidden,
      boolean generated,
      long toastPages) {
    /** What is decoded of it. */
    public enum Kind {
      ORDINARY,
      UNLOGGED,
      PARTITIONED,
      PARTITION
    }

    /** A deferrable key identifies no rows. */
    public enum Key {
      NONE,
      USABLE,
      DEFERRABLE
    }

    /** Whether its changes are decoded under its own name. */
    public boolean isDecoded() {
      return kind == Kind.ORDINARY || kind == Kind.PARTITION;
    }
  }

  /** A publication that is wanted. */
  public record Publication(String name, Set<Action> actions) {
    public Publication {
      actions = Set.copyOf(actions);
    }
  }

  /**
   * A replication slot. Source: manual, "pg_replication_slots".
   *
   * @param ours whether it is a logical one of this database and of our pattern
   * @param inactiveFor where this PostgreSQL says so (17 and later)
   * @param walStatus {@code reserved}, {@code extended}, {@code unreserved}, {@code lost} (13)
   * @param safeBytes how much WAL may still be written before it is lost, where that is limited
   * @param retainedBytes of WAL
   * @param catalogXids how many transactions old the oldest catalog row is that it keeps
   * @param spilledBytes written to disk while decoding (14)
   */
  public record Slot(
      String name,
      boolean logical,
      boolean ours,
      boolean active,
      Optional<Duration> inactiveFor,
      Optional<String> walStatus,
      OptionalLong safeBytes,
      long retainedBytes,
      long catalogXids,
      long spilledBytes,
      boolean failover) {}

  /** A transaction that has written. Source: manual, "pg_stat_activity". */
  public record OpenTransaction(
      int pid, String role, String program, String state, Duration openFor) {}

  /** A transaction of two-phase commit. Source: manual, "pg_prepared_xacts". */
  public record PreparedTransaction(String gid, String database, Duration preparedFor) {}

  /**
   * Kafka, as a running server uses it.
   *
   * @param clientMissing whether it is wanted, but its client is not there
   */
  public record Kafka(boolean clientMissing, List<FeedLog> logs) {
    /** Nobody uses it. */
    public static final Kafka UNUSED = new Kafka(false, List.of());

    public Kafka {
      logs = List.copyOf(logs);
    }
  }

  /**
   * A feed's log.
   *
   * @param loss why nobody can lead it, if so
   * @param warnings what its topic does not survive
   */
  public record FeedLog(String feed, Optional<String> loss, List<String> warnings) {
    public FeedLog {
      warnings = List.copyOf(warnings);
    }
  }

  /**
   * What this server is set to.
   *
   * @param publications those of {@code pgdelta.publications}
   * @param open whether everybody may call
   * @param feeds the publications of the feeds that are known; none where these are not
   * @param rights the roles of {@code pgdelta.rights}
   */
  public record Wants(
      List<String> publications, boolean open, Map<String, List<String>> feeds, Rights rights) {
    public Wants {
      publications = List.copyOf(publications);
      feeds = Map.copyOf(feeds);
    }
  }
}
