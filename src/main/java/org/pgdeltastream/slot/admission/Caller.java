package org.pgdeltastream.slot.admission;

import java.util.Optional;
import org.pgdeltastream.rights.Bearer;
import org.pgdeltastream.rights.Identity;
import org.pgdeltastream.rights.Limits;

/**
 * Whom a client belongs to.
 *
 * @param token which of the operators' tokens it has sent, by its place in the settings; empty for
 *     none
 * @param bearer who has rights of its own; empty: an operator, or anybody where nothing is
 *     configured
 */
public record Caller(String address, String token, Optional<Bearer> bearer) {
  public Caller(String address, String token) {
    this(address, token, Optional.empty());
  }

  /** Of which only so many subscribers may be there; empty: only of the address. */
  String key() {
    return bearer.map(Bearer::identity).map(this::key).orElse(token);
  }

  private String key(Identity identity) {
    return identity.subject().isEmpty()
        ? "anonymous " + address
        : identity.issuer() + " " + identity.subject();
  }

  Limits limits() {
    return bearer.map(one -> one.role().limits()).orElse(Limits.NONE);
  }

  /** The most bytes that a snapshot may have which is made for it. */
  public long snapshotBytes() {
    return limits().snapshotBytes();
  }
}
