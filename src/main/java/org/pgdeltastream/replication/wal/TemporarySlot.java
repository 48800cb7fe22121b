package org.pgdeltastream.replication.wal;

import static java.lang.System.Logger.Level.DEBUG;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.replication.connection.ReplicationConnector;

/**
 * A slot that PostgreSQL drops when its connection ends, whatever happens. Source: manual,
 * "Streaming Replication Protocol", CREATE_REPLICATION_SLOT … TEMPORARY.
 */
public final class TemporarySlot {
  private static final System.Logger LOG = System.getLogger(TemporarySlot.class.getName());

  private TemporarySlot() {}

  /**
   * Makes it and opens its stream, from now on; the caller runs the reader, which closes it.
   *
   * @throws SQLException with state 55P03 if transactions that have written do not end in time
   */
  public static ReplicationReader stream(
      ReplicationConnector connector,
      SlotName slot,
      OutputPlugin plugin,
      Map<String, String> options,
      Supplier<Lsn> flushPosition,
      WalListener listener)
      throws SQLException {
    ReplicationConnection walsender = new ReplicationConnection(connector.openReplication());
    int process = walsender.process();
    try {
      walsender.createTemporarySlot(slot, plugin);
      listener.onSlot(walsender.position(slot));
      return walsender.start(slot, Lsn.NONE, Optional.empty(), options, flushPosition, listener);
    } catch (SQLException e) {
      walsender.close();
      terminate(connector, process);
      throw e;
    }
  }

  /** Else it would wait for transactions yet, and hold a walsender. */
  private static void terminate(ReplicationConnector connector, int process) {
    try (Connection connection = connector.openWatch();
        PreparedStatement statement =
            connection.prepareStatement(
                "select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_replication"
                    + " where pid = ?")) {
      statement.setInt(1, process);
      statement.execute();
    } catch (SQLException e) {
      LOG.log(DEBUG, "Walsender " + process + " could not be ended", e);
    }
  }
}
