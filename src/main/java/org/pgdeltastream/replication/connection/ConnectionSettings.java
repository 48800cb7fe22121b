package org.pgdeltastream.replication.connection;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.util.Properties;

/**
 * How to reach the database.
 *
 * @param url {@code jdbc:postgresql://host:port/database}, with the driver's parameters behind it
 * @param applicationName what {@code pg_stat_activity} shows
 */
public record ConnectionSettings(String url, String user, String password, String applicationName) {
  /** The URL without its parameters, one of which may be a password. */
  public String address() {
    return url.split("\\?", 2)[0];
  }

  /**
   * The parameters after the address, decoded as the driver does.
   *
   * @throws IllegalArgumentException naming the parameter that is not encoded as in a URL
   */
  public Properties parameters() {
    Properties parameters = new Properties();
    String[] parts = url.split("\\?", 2);
    for (String pair : parts.length < 2 ? new String[0] : parts[1].split("&", -1)) {
      String[] field = pair.split("=", 2);
      if (!field[0].isEmpty()) {
        parameters.setProperty(field[0], field.length < 2 ? "" : decoded(field[0], field[1]));
      }
    }
    return parameters;
  }

  private static String decoded(String name, String word) {
    try {
      return URLDecoder.decode(word, UTF_8);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "Parameter " + name + " of the database's URL is not encoded: write % as %25", e);
    }
  }

  @Override
  public String toString() {
    return user + "@" + address(); // never the password
  }
}
