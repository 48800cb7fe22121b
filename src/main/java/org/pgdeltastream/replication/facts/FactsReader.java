package org.pgdeltastream.replication.facts;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.pgdeltastream.doctor.Facts;
import org.pgdeltastream.doctor.Facts.Identity;
import org.pgdeltastream.doctor.Facts.Kafka;
import org.pgdeltastream.doctor.Facts.Part;
import org.pgdeltastream.doctor.Facts.Role;
import org.pgdeltastream.doctor.Facts.Room;
import org.pgdeltastream.doctor.Facts.Wants;
import org.pgdeltastream.doctor.SqlText;
import org.pgdeltastream.replication.connection.InputConnection;
import org.pgdeltastream.replication.connection.ReplicationConnector;

/**
 * Reads all facts: most in one read-only transaction on a connection of its own, and who answers on
 * a replication connection. It makes no slot. For any thread.
 */
public final class FactsReader {
  private final ReplicationConnector connector;
  private final Predicate<String> isOurs;
  private final Supplier<Optional<Kafka>> kafka;

  /**
   * Opens nothing yet.
   *
   * @param isOurs whether a slot's name is of our pattern
   * @param kafka empty where no server runs
   */
  public FactsReader(
      ReplicationConnector connector, Predicate<String> isOurs, Supplier<Optional<Kafka>> kafka) {
    this.connector = connector;
    this.isOurs = isOurs;
    this.kafka = kafka;
  }

  public Facts read(Wants wants) throws SQLException {
    try (Connection connection = connector.openOrdinary()) {
      FactsSession session = new FactsSession(connection);
      ServerRows server = new ServerRows(session);
      Role role = server.role();
      if (!role.monitors()) {
        session.note(
            Part.TRANSACTIONS,
            "needs pg_monitor: GRANT pg_monitor TO " + SqlText.name(role.name()));
      }
      Room room = server.room(); // before our own walsender is there
      Optional<Identity> other = identityOfReplication(session, server.whoAnswers());
      return new Facts(
          server.server(connection, other),
          server.settings(),
          role,
          room,
          TableRows.read(session),
          PublicationRows.read(session, wants),
          PublicationRows.differing(session, wants),
          GrantedRows.read(session, wants),
          SlotRows.read(session, isOurs),
          TransactionRows.open(session),
          TransactionRows.prepared(session),
          kafka(session),
          wants,
          session.unread());
    }
  }

  private Kafka kafka(FactsSession session) {
    Optional<Kafka> used = kafka.get();
    if (used.isEmpty()) {
      session.note(Part.KAFKA, "a running server tells it: GET /v1/doctor");
    }
    return used.orElse(Kafka.UNUSED);
  }

  /** A role that may not replicate, or no free walsender, is a finding of its own. */
  private Optional<Identity> identityOfReplication(FactsSession session, String question) {
    try (InputConnection opened = connector.openReplication();
        Connection connection = opened.connection(); // closed politely before it is cut
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(question)) {
      row.next();
      return Optional.of(ServerRows.identity(row));
    } catch (SQLException e) {
      session.note(
          Part.REPLICATION, "no replication connection (SQLSTATE " + e.getSQLState() + ")");
      return Optional.empty();
    }
  }
}
