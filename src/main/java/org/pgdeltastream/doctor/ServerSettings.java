package org.pgdeltastream.doctor;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** PostgreSQL's settings by name, as {@code pg_settings} shows them to the role. */
public record ServerSettings(Map<String, Setting> all) {
  private static final Map<String, Long> BYTES =
      Map.of(
          "B", 1L, "kB", 1L << 10, "8kB", 8L << 10, "MB", 1L << 20, "16MB", 16L << 20, "GB",
          1L << 30);
  private static final Map<String, Long> MILLIS =
      Map.of("ms", 1L, "s", 1000L, "min", 60_000L, "h", 3_600_000L, "d", 86_400_000L);
  private static final Set<String> OF_SESSION =
      Set.of("global", "database", "user", "database user");

  public ServerSettings {
    all = Map.copyOf(all);
  }

  /**
   * One of them. Source: manual, "pg_settings".
   *
   * @param unit empty where it has none
   * @param context when it takes effect: {@code postmaster} is a restart
   */
  public record Setting(String value, String unit, String source, String context) {}

  /** Its value, if this PostgreSQL has the setting. */
  public Optional<String> text(String name) {
    return Optional.ofNullable(all.get(name)).map(Setting::value);
  }

  public boolean is(String name, String value) {
    return text(name).filter(value::equals).isPresent();
  }

  /** Bytes; nothing where it is −1, which is no limit, or not there. */
  public OptionalLong bytes(String name) {
    return scaled(name, BYTES);
  }

  /** Milliseconds; nothing where it is −1 or not there. */
  public OptionalLong millis(String name) {
    return scaled(name, MILLIS);
  }

  private OptionalLong scaled(String name, Map<String, Long> units) {
    Setting setting = all.get(name);
    if (setting == null || !setting.value().matches("[0-9]{1,15}")) {
      return OptionalLong.empty();
    }
    long unit = units.getOrDefault(setting.unit(), 1L);
    return OptionalLong.of(Long.parseLong(setting.value()) * unit);
  }

  /** Whether it is set for the role or the database, and a session of ours may set it again. */
  public boolean isOverridden(String name) {
    Setting setting = all.get(name);
    return setting != null
        && setting.context().equals("user")
        && OF_SESSION.contains(setting.source());
  }

  /** Whether any name begins so. */
  boolean hasAny(String prefix) {
    return all.keySet().stream().anyMatch(name -> name.startsWith(prefix));
  }
}
