package org.pgdeltastream.doctor;

/** Who runs the PostgreSQL, as its settings show: settings are changed in different ways. */
public enum Provider {
  /** Nobody that we know. */
  NONE("", "in postgresql.conf or by ALTER SYSTEM"),
  RDS("rds.", "in the parameter group of the instance (Amazon RDS)"),
  CLOUD_SQL("cloudsql.", "as a database flag of the instance (Google Cloud SQL)"),
  AZURE("azure.", "in the server parameters (Azure Database for PostgreSQL)");

  private final String prefix;
  private final String where;

  Provider(String prefix, String where) {
    this.prefix = prefix;
    this.where = where;
  }

  public static Provider of(ServerSettings settings) {
    for (Provider one : values()) {
      if (one != NONE && settings.hasAny(one.prefix)) {
        return one;
      }
    }
    return NONE;
  }

  /** Where an administrator changes a setting, for a sentence. */
  public String where() {
    return where;
  }
}
