package org.pgdeltastream.replication;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.pgdeltastream.change.TableName;

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

  private ExportedSnapshot(String name, Connection holder) {
    this.name = name;
    this.holder = holder;
  }

  static ExportedSnapshot adopt(String snapshotName, Connection holder) throws SQLException {
    try (Statement statement = holder.createStatement()) {
      statement.execute("begin isolation level repeatable read read only");
      statement.execute("set transaction snapshot '" + snapshotName.replace("'", "''") + "'");
      try (ResultSet rows = statement.executeQuery("select pg_catalog.pg_export_snapshot()")) {
        rows.next();
        return new ExportedSnapshot(rows.getString(1), holder);
      }
    }
  }

  /** What {@code SET TRANSACTION SNAPSHOT} takes. */
  public String name() {
    return name;
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
