package org.pgdeltastream.replication.publication;

import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The comment of our publication of inserts, which names the slots that use ours, because
 * PostgreSQL does not record that. It goes with the publication: a slot that it names has had this
 * publication all the time.
 */
final class PublicationUsers {
  private static final String HEAD = "slots: ";

  private PublicationUsers() {}

  static Set<String> read(Optional<String> comment) {
    Set<String> slots = new TreeSet<>();
    for (String slot : comment.orElse("").replaceFirst("^" + HEAD, "").split(", ", -1)) {
      if (slot.matches("[a-z0-9_]{1,63}")) {
        slots.add(slot);
      }
    }
    return slots;
  }

  static String write(Set<String> slots) {
    return HEAD + String.join(", ", new TreeSet<>(slots));
  }
}
