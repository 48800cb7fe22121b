package org.pgdeltastream.rights;

import java.time.Instant;
import java.util.Optional;

/**
 * Whose call it is, as a verified token says.
 *
 * @param subject unique within its issuer; empty for who has no token
 * @param tokenId of this token alone
 * @param role the name of what it may do
 * @param issuedAt when the token was made, to the second
 * @param expires when it ends
 */
public record Identity(
    String issuer,
    String subject,
    Optional<String> tokenId,
    String role,
    Claims claims,
    Optional<Instant> issuedAt,
    Optional<Instant> expires) {

  /** Whether both speak for the same subject. */
  public boolean isSameSubject(Identity other) {
    return issuer.equals(other.issuer) && subject.equals(other.subject);
  }

  /** Says nothing that is secret. */
  @Override
  public String toString() {
    return "a bearer with role " + role;
  }
}
