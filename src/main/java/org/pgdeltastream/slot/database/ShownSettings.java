package org.pgdeltastream.slot.database;

import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What may be shown of settings: all but secrets. */
final class ShownSettings {
  private static final Set<String> SECRETS =
      Set.of("pgdelta.database-password", "pgdelta.tokens", "pgdelta.monitor-tokens");
  private static final Set<String> URLS = Set.of("pgdelta.database-url", "pgdelta.jwks");

  private ShownSettings() {}

  /** Values by name, in the order of the records; of secrets how many there are. */
  static Map<String, String> of(Record settings) {
    Map<String, String> shown = new LinkedHashMap<>();
    for (RecordComponent part : settings.getClass().getRecordComponents()) {
      Object value = value(part, settings);
      if (value instanceof Record group) {
        shown.putAll(of(group));
      } else {
        String name = SettingNames.property(part);
        shown.put(name, SECRETS.contains(name) ? count(value) : text(name, value));
      }
    }
    return shown;
  }

  private static Object value(RecordComponent part, Record of) {
    try {
      return part.getAccessor().invoke(of);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("A record's own method failed", e);
    }
  }

  private static String count(Object value) {
    int many =
        value instanceof Collection<?> all ? all.size() : (int) optional(value).stream().count();
    return many + " set";
  }

  private static Optional<?> optional(Object value) {
    return value instanceof Optional<?> one ? one : Optional.of(value);
  }

  private static String text(String name, Object value) {
    if (value instanceof Collection<?> all) {
      return all.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
    if (value instanceof Duration time) {
      return String.valueOf(time.toSeconds());
    }
    String plain = optional(value).map(String::valueOf).orElse("");
    if (value instanceof Enum<?>) {
      return plain.toLowerCase(Locale.ROOT);
    }
    return URLS.contains(name)
        ? plain.replaceFirst("//[^/]*@", "//").replaceFirst("\\?.*", "")
        : plain;
  }
}
