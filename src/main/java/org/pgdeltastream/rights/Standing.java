package org.pgdeltastream.rights;

import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * What bearers may do at the moment.
 *
 * @param rights the roles
 * @param revoked whose tokens are taken no more
 */
public record Standing(Supplier<Rights> rights, Predicate<Identity> revoked) {
  /** Nobody has rights of its own. */
  public static final Standing NOBODY = new Standing(() -> Rights.NONE, any -> false);

  /** The role that somebody has now: who shows no token has the one for that. */
  public static Optional<Role> role(Rights now, Bearer bearer) {
    boolean isAnonymous = bearer.identity().subject().isEmpty();
    return isAnonymous ? now.anonymous().flatMap(now::role) : now.role(bearer.identity().role());
  }
}
