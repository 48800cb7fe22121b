package org.pgdeltastream.slot.database;

import java.lang.reflect.RecordComponent;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.pgdeltastream.change.Shown;

/** How settings are spelled; finds names that resemble a setting and are none. */
final class SettingNames {
  private static final Pattern OURS = Pattern.compile("(?i)pgdelta[._].*");

  /** The tests' own, and those that Kubernetes and Docker set for a service named like ours. */
  private static final Pattern OTHERS =
      Pattern.compile(
          "pgdelta\\.test\\..*|PGDELTA(_[A-Z0-9_]+)?"
              + "_(SERVICE_(HOST|PORT)(_.*)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_.*)?)?|NAME|ENV_.*)");

  private SettingNames() {}

  /** Each setting's name, as a property. */
  static List<String> properties() {
    return components(Settings.class).map(SettingNames::property).toList();
  }

  /** The setting's name, as a property. */
  static String property(RecordComponent part) {
    return "pgdelta." + part.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }

  /** Those of a record, and of the records in it. */
  private static Stream<RecordComponent> components(Class<?> of) {
    return Stream.of(of.getRecordComponents())
        .flatMap(part -> part.getType().isRecord() ? components(part.getType()) : Stream.of(part));
  }

  static String variable(String property) {
    return property.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
  }

  /**
   * Refuses names that resemble a setting of ours, such as one that is mistyped.
   *
   * @param properties of the JVM and the context
   * @param variables of the environment
   * @throws IllegalArgumentException naming the first, and the setting that is most like it
   */
  static void refuseUnknown(Collection<String> properties, Collection<String> variables) {
    List<String> known = properties();
    List<String> knownVariables = known.stream().map(SettingNames::variable).toList();
    // A server's own files name variables too (server-config/tomee), and it may keep them as
    // properties.
    refuse(properties.stream().filter(name -> !knownVariables.contains(name)), known);
    refuse(variables.stream(), knownVariables);
  }

  private static void refuse(Stream<String> names, List<String> known) {
    Predicate<String> unknown = name -> OURS.matcher(name).matches() && !known.contains(name);
    names
        .filter(unknown.and(name -> !OTHERS.matcher(name).matches()))
        .sorted()
        .findFirst()
        .ifPresent(
            name -> {
              throw new IllegalArgumentException(
                  "There is no setting "
                      + Shown.of(name)
                      + "; did you mean "
                      + nearest(name, known)
                      + "?");
            });
  }

  private static String nearest(String name, List<String> known) {
    return known.stream().min(Comparator.comparingInt(one -> distance(name, one))).orElseThrow();
  }

  /** How many letters must be inserted, removed or replaced (Levenshtein), ignoring their case. */
  private static int distance(String one, String other) {
    int[] row = new int[other.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= one.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        boolean same =
            Character.toLowerCase(one.charAt(i - 1)) == Character.toLowerCase(other.charAt(j - 1));
        int replaced = diagonal + (same ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[other.length()];
  }
}
