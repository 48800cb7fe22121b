package org.pgdeltastream.replication;

/**
 * How to reach the database.
 *
 * @param url {@code jdbc:postgresql://host:port/database}
 * @param applicationName what {@code pg_stat_activity} shows
 */
public record ConnectionSettings(String url, String user, String password, String applicationName) {
  @Override
  public String toString() {
    return user + "@" + url; // never the password
  }
}
