package org.pgdeltastream.replication.publication;

import java.util.List;

/** Why our publications leave tables out, or some of their changes. */
enum LeftOut {
  UNLOGGED("Unlogged tables are left out, since PostgreSQL does not log their changes: %s"),
  OTHER_OWNER(
      "Tables of other owners are left out: %s. Let a superuser run: CREATE PUBLICATION … FOR ALL"
          + " TABLES, or let their owner publish them, and name that publication at init"),
  CHANGES_OF_OTHER_OWNER(
      "Updates and deletes of tables of other owners are left out: %s. Publish them in a"
          + " publication of your own and name it at init"),
  NO_IDENTITY(
      "Updates and deletes of tables without a replica identity are left out: %s. Give each a"
          + " primary key, or ALTER TABLE … REPLICA IDENTITY FULL"),
  GENERATED_IDENTITY(
      "Updates and deletes of tables whose replica identity holds generated columns are left out,"
          + " since PostgreSQL would refuse them if they were published: %s. Choose another replica"
          + " identity"),
  LOCKED(
      "Tables that are locked (VACUUM, CREATE INDEX CONCURRENTLY, ALTER TABLE) are left out until"
          + " the lock has gone: %s. pg_locks shows who holds it");

  private static final int MOST_NAMES = 20;

  private final String text;

  LeftOut(String text) {
    this.text = text;
  }

  String warning(List<String> quotedTables) {
    return text.formatted(shown(quotedTables));
  }

  /** A warning stays of bounded length. */
  static String shown(List<String> names) {
    int more = names.size() - MOST_NAMES;
    return more <= 0
        ? String.join(", ", names)
        : String.join(", ", names.subList(0, MOST_NAMES)) + " and " + more + " more";
  }
}
