package org.pgdeltastream.snapshot;

import java.sql.Connection;
import java.sql.SQLException;

/** Where connections for reads come from: a pool, or PostgreSQL itself. Closing gives them back. */
@FunctionalInterface
public interface Connections {
  Connection open() throws SQLException;
}
