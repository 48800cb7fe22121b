package org.pgdeltastream.replication;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.pgdeltastream.change.TableName;
import org.postgresql.PGConnection;

/**
 * A snapshot that other transactions can adopt, as long as this is open. Its transaction adopts the
 * snapshot that came with the slot and exports it again, so that the walsender is free at once.
 * This class owns the connection and leaves it alone.
 *
 * <p>Source: manual, "Snapshot Synchronization Functions".
 */
public final class ExportedSnapshot implements AutoCloseable {
  private final String name;
  private final Connection holder;

  private final int holderPid;

  private ExportedSnapshot(String name, Connection holder, int holderPid) {
    this.name = name;
    this.holderPid = holderPid;
    this.holder = holder;
  }

  static ExportedSnapshot adopt(String snapshotName, Connection holder) throws SQLException {
    try (Statement statement = holder.createStatement()) {
      statement.execute("begin isolation level repeatable read read only");
      statement.execute("set transaction snapshot '" + snapshotName.replace("'", "''") + "'");
      try (ResultSet rows = statement.executeQuery("select pg_catalog.pg_export_snapshot()")) {
        rows.next();
        int pid = holder.unwrap(PGConnection.class).getBackendPID();
        return new ExportedSnapshot(rows.getString(1), holder, pid);
      }
    }
  }

  /** What {@code SET TRANSACTION SNAPSHOT} takes. */
  public String name() {
    return name;
  }

  /** The backend that holds it, as {@code pg_stat_activity} shows it. */
  public int holderPid() {
    return holderPid;
  }

  @Override
  public void close() {
    try {
      holder.abort(Runnable::run);
    } catch (SQLException e) {
      // gone already, and the snapshot with it
    }
  }

  @Override
  public String toString() {
    return "snapshot " + TableName.quote(name);
  }
}
