package org.pgdeltastream.slot.upstream;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The publications that a stream was started with. If one is dropped, PostgreSQL 18 leaves out its
 * changes without an error, and older versions cannot decode the slot any more.
 *
 * @param oids by name, as PostgreSQL had them at the start
 */
public record PublicationGuard(Map<String, Long> oids) {
  public static final PublicationGuard NONE = new PublicationGuard(Map.of());

  public static PublicationGuard of(List<String> names, Map<String, Long> present) {
    return new PublicationGuard(
        names.stream()
            .filter(present::containsKey)
            .collect(Collectors.toUnmodifiableMap(name -> name, present::get)));
  }

  /** What happened to a publication that is not what it was. */
  public Optional<String> broken(Map<String, Long> present) {
    return broken(oids.keySet(), present);
  }

  /** The same, of those that the client still asks for. */
  public Optional<String> broken(Collection<String> names, Map<String, Long> present) {
    return oids.entrySet().stream()
        .filter(one -> names.contains(one.getKey()))
        .filter(one -> !one.getValue().equals(present.get(one.getKey())))
        .map(
            one ->
                present.containsKey(one.getKey())
                    ? madeAnew(one.getKey())
                    : "publication " + one.getKey() + " was dropped: changes may be missing")
        .findFirst();
  }

  static String madeAnew(String name) {
    return "publication " + name + " was made anew: changes may be missing";
  }
}
