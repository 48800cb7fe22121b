package org.pgdeltastream.change;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The settings that we make first in each session in PostgreSQL, of whichever kind: all that change
 * how SQL is read or values are written, and every time limit, because a role or a database may set
 * each of them. Settings that this PostgreSQL does not know are left out.
 *
 * <p>{@code role} and {@code default_transaction_read_only} are not among them: they say who we are
 * and what we may do, and the administrator decides that.
 *
 * <p>Source: manual, "Client Connection Defaults", "Version and Platform Compatibility".
 */
public final class SessionSettings {
  private static final Map<String, String> PINNED = new LinkedHashMap<>();

  static {
    // how values are written
    PINNED.put("TimeZone", "UTC");
    PINNED.put("DateStyle", "ISO, MDY");
    PINNED.put("IntervalStyle", "postgres");
    PINNED.put("bytea_output", "hex");
    PINNED.put("extra_float_digits", "3");
    PINNED.put("lc_monetary", "C");
    PINNED.put("quote_all_identifiers", "off");
    PINNED.put("xmlbinary", "base64");
    PINNED.put("client_encoding", "UTF8");
    // how SQL is read
    PINNED.put("search_path", "\"$user\", public");
    PINNED.put("standard_conforming_strings", "on");
    PINNED.put("backslash_quote", "safe_encoding");
    PINNED.put("escape_string_warning", "off");
    PINNED.put("array_nulls", "on");
    PINNED.put("transform_null_equals", "off");
    PINNED.put("xmloption", "content");
    PINNED.put("gin_fuzzy_search_limit", "0");
    // a query that row security would change fails instead
    PINNED.put("row_security", "off");
    PINNED.put("client_min_messages", "error");
    PINNED.put("exit_on_error", "off");
    PINNED.put("default_transaction_isolation", "read committed");
    PINNED.put("default_transaction_deferrable", "off");
    // how long it may last
    PINNED.put("idle_in_transaction_session_timeout", "0");
    PINNED.put("idle_session_timeout", "0");
    PINNED.put("transaction_timeout", "0");
    PINNED.put("tcp_user_timeout", "0");
  }

  private SessionSettings() {}

  /** For a whole session, which waits ten seconds for a lock: that limits how long a slot takes. */
  public static String ofSession() {
    return sql("false", Map.of("lock_timeout", "10s", "statement_timeout", "0"));
  }

  /** For a session that answers short questions, one after the other. */
  public static String ofQuestions() {
    return sql("false", Map.of("lock_timeout", "200ms", "statement_timeout", "10s"));
  }

  /**
   * The same for a session with long queries: PostgreSQL ends one soon after its client has gone.
   * An operating system that cannot detect this refuses the setting.
   */
  public static String ofLongQueries() {
    return "select pg_catalog.set_config(name, '500', false) from pg_catalog.pg_settings"
        + " where name = 'client_connection_check_interval'";
  }

  /**
   * For one transaction that reads tables.
   *
   * @param statementTimeout zero for no limit
   */
  public static String ofTransaction(Duration statementTimeout) {
    String milliseconds = Long.toString(statementTimeout.toMillis());
    return sql("true", Map.of("lock_timeout", "20s", "statement_timeout", milliseconds));
  }

  /**
   * The same for a walsender: a server's limit stays, but a limit of the role or the database would
   * end a stream whose client is slow.
   */
  public static String ofWalsender() {
    return "select pg_catalog.set_config(name, '60s', false) from pg_catalog.pg_settings"
        + " where name = 'wal_sender_timeout' and context = 'user'"
        + " and source in ('global', 'database', 'user', 'database user')";
  }

  /** One command without a backslash, which a walsender takes too. */
  private static String sql(String local, Map<String, String> limits) {
    Map<String, String> all = new LinkedHashMap<>(PINNED);
    all.putAll(limits);
    return all.entrySet().stream()
        .map(setting -> "('" + setting.getKey() + "', '" + setting.getValue() + "')")
        .collect(
            Collectors.joining(
                ", ",
                "select pg_catalog.set_config(name, value, " + local + ") from (values ",
                ") as setting(name, value)"
                    + " where pg_catalog.current_setting(name, true) is not null"));
  }
}
