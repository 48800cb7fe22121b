package org.pgdeltastream.rights;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Who calls with rights of its own.
 *
 * @param role what it may do, as of now
 */
public record Bearer(Identity identity, Role role) {
  /** Claims that another token of the same bearer has otherwise. */
  public static final Set<String> OF_TOKEN = Set.of("exp", "iat", "nbf", "jti", "auth_time");

  /** Whether it may see everything. */
  public boolean seesAll() {
    return role.all();
  }

  /** What it may see of a feed, if anything. */
  public Optional<Grant> grant(String feed) {
    return Optional.ofNullable(role.feeds().get(feed))
        .map(right -> new Grant(feed, right, identity.claims()));
  }

  /** Whether nothing differs that rights depend on. */
  public boolean hasSameRights(Bearer other) {
    return role.equals(other.role) && lasting().equals(other.lasting());
  }

  private Map<String, Object> lasting() {
    Map<String, Object> claims = new HashMap<>(identity.claims().byName());
    claims.keySet().removeAll(OF_TOKEN);
    return claims;
  }
}
