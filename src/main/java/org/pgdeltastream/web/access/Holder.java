package org.pgdeltastream.web.access;

import java.util.Optional;
import org.pgdeltastream.rights.Bearer;

/**
 * Whose call it is: an operator's, or that of who has a role.
 *
 * @param token the place of the operator's token
 */
record Holder(Optional<String> token, Optional<Bearer> bearer) {
  static Holder operator(String place) {
    return new Holder(Optional.of(place), Optional.empty());
  }

  static Holder of(Bearer bearer) {
    return new Holder(Optional.empty(), Optional.of(bearer));
  }

  static boolean isAnonymous(Bearer bearer) {
    return bearer.identity().subject().isEmpty();
  }

  /** The same for all calls of one. */
  String name() {
    return bearer
        .map(one -> one.identity().issuer() + '\0' + one.identity().subject())
        .orElse("token " + token.orElse(""));
  }
}
