package org.pgdeltastream.slot.database;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import javax.sql.DataSource;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.replication.PostgresCatalog;
import org.pgdeltastream.replication.ReplicationSlots;
import org.pgdeltastream.replication.ServerMonitor;
import org.pgdeltastream.replication.connection.ConnectionSettings;
import org.pgdeltastream.replication.connection.OpenSockets;
import org.pgdeltastream.replication.connection.ReplicationConnector;
import org.pgdeltastream.replication.publication.FilterCatalog;
import org.pgdeltastream.replication.publication.PublicationKeeper;
import org.pgdeltastream.replication.publication.Publications;
import org.pgdeltastream.snapshot.Connections;
import org.pgdeltastream.snapshot.SnapshotReader;

/** The ways to PostgreSQL that are configured, and the heap for what comes through them. */
public record Database(
    ReplicationConnector connector,
    ReplicationSlots slots,
    Publications publications,
    FilterCatalog filters,
    PublicationKeeper publicationKeeper,
    PostgresCatalog catalog,
    ServerMonitor watch,
    SnapshotReader snapshots,
    HeapBudget heap) {

  private static final Duration STATEMENT_TIMEOUT = Duration.ofSeconds(25);
  private static final String WHAT_TO_SET =
      "Set pgdelta.database-url, pgdelta.database-user and pgdelta.database-password"
          + " (or PGDELTA_DATABASE_URL, …), or define the DataSource jdbc/pgdelta"
          + " and give the password as a setting";

  /**
   * Opens nothing yet.
   *
   * @param queries the container's DataSource for snapshot queries, where one is defined
   * @param replication the administrator's DataSource for replication, where one is defined
   * @throws ProblemException UPSTREAM_CONFIG if nothing says where the database is
   */
  public static Database open(
      Settings settings, Optional<DataSource> queries, Optional<DataSource> replication) {
    ConnectionSettings connection = connectionSettings(settings, queries);
    HeapBudget heap = new HeapBudget(settings.heapBytes());
    ReplicationConnector connector = new ReplicationConnector(connection, replication, heap);
    Connections pages =
        queries.<Connections>map(pool -> pool::getConnection).orElse(connector::openOrdinary);
    return new Database(
        connector,
        new ReplicationSlots(connector),
        new Publications(connector),
        new FilterCatalog(connector),
        new PublicationKeeper(connector),
        new PostgresCatalog(connector),
        new ServerMonitor(connector),
        new SnapshotReader(pages, STATEMENT_TIMEOUT, heap),
        heap);
  }

  /** The same, with connections that are cut from outside when these sockets are closed. */
  public Database within(OpenSockets sockets) {
    ReplicationConnector cut = connector.within(sockets);
    return new Database(
        cut,
        new ReplicationSlots(cut),
        new Publications(cut),
        new FilterCatalog(cut),
        publicationKeeper,
        new PostgresCatalog(cut),
        watch,
        snapshots,
        heap);
  }

  /** Whether PostgreSQL answers now. */
  public void check() {
    try {
      connector.control().check();
    } catch (SQLException e) {
      throw Problems.of(e);
    }
  }

  /**
   * From our settings; what they leave open, from the DataSource for queries: its URL with all its
   * parameters, since they say how the connection is protected.
   */
  private static ConnectionSettings connectionSettings(
      Settings settings, Optional<DataSource> queries) {
    String url = settings.databaseUrl().orElse("");
    String user = settings.databaseUser().orElse("");
    if ((url.isEmpty() || user.isEmpty()) && queries.isPresent()) {
      try (Connection connection = queries.get().getConnection()) {
        url = url.isEmpty() ? protectedUrl(connection) : url;
        user = user.isEmpty() ? connection.getMetaData().getUserName() : user;
      } catch (SQLException e) {
        throw Problems.of(e);
      }
    }
    if (url.isEmpty()) {
      throw new ProblemException(Problem.UPSTREAM_CONFIG, "No database is configured", WHAT_TO_SET);
    }
    return connectionSettings(settings, url, user);
  }

  /** A DataSource may encrypt its connections by settings outside the URL: then ours are, too. */
  private static String protectedUrl(Connection connection) throws SQLException {
    String url = connection.getMetaData().getURL();
    if (url.contains("ssl")) {
      return url;
    }
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "select 1 from pg_catalog.pg_stat_ssl"
                    + " where ssl and pid = pg_catalog.pg_backend_pid()")) {
      return rows.next() ? url + (url.contains("?") ? "&" : "?") + "sslmode=require" : url;
    }
  }

  /** A user and a password of our settings count before those of the URL. */
  private static ConnectionSettings connectionSettings(Settings settings, String url, String user) {
    String node = "pgdeltastream/" + settings.node();
    String password = settings.databasePassword().orElse("");
    try {
      Properties parameters = new ConnectionSettings(url, user, password, node).parameters();
      String usual = System.getProperty("user.name", "postgres");
      return new ConnectionSettings(
          url,
          user.isEmpty() ? parameters.getProperty("user", usual) : user,
          password.isEmpty() ? parameters.getProperty("password", "") : password,
          node);
    } catch (IllegalArgumentException e) {
      throw new ProblemException(
          Problem.UPSTREAM_CONFIG, String.valueOf(e.getMessage()), "Correct the URL", e);
    }
  }
}
