package org.pgdeltastream.slot;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The publications that a stream was started with. PostgreSQL 18 leaves the changes of a dropped
 * one out without a word, and older versions cannot decode the slot any more.
 *
 * @param oids by name, as PostgreSQL had them at the start
 */
record PublicationGuard(Map<String, Long> oids) {
  static PublicationGuard of(List<String> names, Map<String, Long> present) {
    return new PublicationGuard(
        names.stream()
            .filter(present::containsKey)
            .collect(Collectors.toUnmodifiableMap(name -> name, present::get)));
  }

  /** What has become of one that is not what it was. */
  Optional<String> broken(Map<String, Long> present) {
    return oids.entrySet().stream()
        .filter(one -> !one.getValue().equals(present.get(one.getKey())))
        .map(
            one ->
                "publication %s was %s: changes may be missing"
                    .formatted(
                        one.getKey(), present.containsKey(one.getKey()) ? "made anew" : "dropped"))
        .findFirst();
  }
}
