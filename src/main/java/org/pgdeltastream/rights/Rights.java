package org.pgdeltastream.rights;

import java.util.Map;
import java.util.Optional;

/**
 * The roles, as they are at a moment.
 *
 * @param roles by name; who has another has none
 * @param anonymous the role of who sends no token; empty: such calls are refused
 */
public record Rights(Map<String, Role> roles, Optional<String> anonymous) {
  /** Nobody may anything. */
  public static final Rights NONE = new Rights(Map.of(), Optional.empty());

  public Rights {
    roles = Map.copyOf(roles);
  }

  public Optional<Role> role(String name) {
    return Optional.ofNullable(roles.get(name));
  }
}
