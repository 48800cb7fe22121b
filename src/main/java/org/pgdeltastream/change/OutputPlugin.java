package org.pgdeltastream.change;

import java.util.Optional;

/** Server-side code that formats decoded changes. The two that this program understands. */
public enum OutputPlugin {
  PGOUTPUT("pgoutput"),
  WAL2JSON("wal2json");

  private final String sqlName;

  OutputPlugin(String sqlName) {
    this.sqlName = sqlName;
  }

  /** As PostgreSQL spells it, for instance in {@code pg_replication_slots.plugin}. */
  public String sqlName() {
    return sqlName;
  }

  public static Optional<OutputPlugin> of(String sqlName) {
    for (OutputPlugin plugin : values()) {
      if (plugin.sqlName.equals(sqlName)) {
        return Optional.of(plugin);
      }
    }
    return Optional.empty();
  }
}
