package org.pgdeltastream.slot;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import javax.sql.DataSource;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.replication.ConnectionSettings;
import org.pgdeltastream.replication.PostgresCatalog;
import org.pgdeltastream.replication.PublicationKeeper;
import org.pgdeltastream.replication.Publications;
import org.pgdeltastream.replication.ReplicationConnector;
import org.pgdeltastream.replication.ReplicationSlots;
import org.pgdeltastream.replication.ServerWatch;
import org.pgdeltastream.snapshot.SnapshotReader;

/** The doors to PostgreSQL, as far as this server was told how to reach it. */
record Database(
    ReplicationConnector connector,
    ReplicationSlots slots,
    Publications publications,
    PublicationKeeper publicationKeeper,
    PostgresCatalog catalog,
    ServerWatch watch,
    SnapshotReader snapshots) {

  private static final Duration STATEMENT_TIMEOUT = Duration.ofSeconds(30);
  private static final String WHAT_TO_SET =
      "Set pgdelta.database-url, pgdelta.database-user and pgdelta.database-password"
          + " (or PGDELTA_DATABASE_URL, …), or define the DataSource jdbc/pgdelta"
          + " and give the password as a setting";

  /**
   * Puts the doors together.
   *
   * @param queries the container's DataSource for snapshot queries, where one is defined
   * @param replication the administrator's DataSource for replication, where one is defined
   * @throws ProblemException UPSTREAM_CONFIG if nothing says where the database is
   */
  static Database open(
      Settings settings, Optional<DataSource> queries, Optional<DataSource> replication) {
    ConnectionSettings connection = connectionSettings(settings, queries);
    ReplicationConnector connector = new ReplicationConnector(connection, replication);
    DataSource pages = queries.orElseGet(() -> new DirectDataSource(connector));
    return new Database(
        connector,
        new ReplicationSlots(connector),
        new Publications(connector),
        new PublicationKeeper(connector),
        new PostgresCatalog(connector),
        new ServerWatch(connector),
        new SnapshotReader(pages, STATEMENT_TIMEOUT));
  }

  /** Whether PostgreSQL answers now. */
  void check() {
    try (Connection connection = connector.openOrdinary()) {
      connection.getMetaData();
    } catch (SQLException e) {
      throw Problems.of(e);
    }
  }

  /** From our settings; what they leave open, from the DataSource for queries. */
  private static ConnectionSettings connectionSettings(
      Settings settings, Optional<DataSource> queries) {
    String url = settings.databaseUrl().orElse("");
    String user = settings.databaseUser().orElse("");
    if ((url.isEmpty() || user.isEmpty()) && queries.isPresent()) {
      try (Connection connection = queries.get().getConnection()) {
        url = url.isEmpty() ? withoutParameters(connection.getMetaData().getURL()) : url;
        user = user.isEmpty() ? connection.getMetaData().getUserName() : user;
      } catch (SQLException e) {
        throw Problems.of(e);
      }
    }
    if (url.isEmpty()) {
      throw new ProblemException(Problem.UPSTREAM_CONFIG, "No database is configured", WHAT_TO_SET);
    }
    return new ConnectionSettings(
        url,
        user.isEmpty() ? System.getProperty("user.name", "postgres") : user,
        settings.databasePassword().orElse(""),
        "pgdeltastream/" + settings.node());
  }

  /** Some servers add parameters of their own to the URL. */
  private static String withoutParameters(String url) {
    int question = url.indexOf('?');
    return question < 0 ? url : url.substring(0, question);
  }
}
