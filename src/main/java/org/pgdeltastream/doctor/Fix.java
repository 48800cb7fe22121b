package org.pgdeltastream.doctor;

import java.util.List;

/**
 * What helps.
 *
 * @param what a sentence without its full stop
 * @param sql statements in order, none where SQL cannot do it; printable ASCII alone
 * @param restart whether PostgreSQL must be restarted afterwards
 */
public record Fix(String what, List<String> sql, Who who, boolean restart) {
  public Fix {
    sql = List.copyOf(sql);
  }

  /** Who must do it. */
  public enum Who {
    SUPERUSER("a superuser"),
    OWNER("the owner of the table, or a superuser"),
    ADMINISTRATOR("who runs PostgreSQL"),
    OPERATOR("who runs this server");

    private final String words;

    Who(String words) {
      this.words = words;
    }

    public String words() {
      return words;
    }
  }

  /** Without a restart. */
  public static Fix of(Who who, String what, String... sql) {
    return new Fix(what, List.of(sql), who, false);
  }

  /** With one. */
  public static Fix restarting(String what, String... sql) {
    return new Fix(what, List.of(sql), Who.SUPERUSER, true);
  }

  /**
   * A server setting: by SQL, or where the provider keeps its settings.
   *
   * @param sql for a PostgreSQL of one's own
   */
  public static Fix setting(Facts facts, String what, boolean restart, String... sql) {
    Provider provider = Provider.of(facts.settings());
    return provider == Provider.NONE
        ? new Fix(what, List.of(sql), Who.SUPERUSER, restart)
        : new Fix(what + ", " + provider.where(), List.of(), Who.ADMINISTRATOR, restart);
  }
}
