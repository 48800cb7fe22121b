package org.pgdeltastream.web.token;

import java.time.Instant;
import org.pgdeltastream.rights.Identity;

/**
 * Tokens that are not taken any more: those of a subject, or one, that were issued before a moment.
 *
 * @param what a subject, or a token's id
 */
public record Revocation(Kind kind, String what, Instant before) {
  /** By which claim the tokens are known. */
  public enum Kind {
    SUB,
    JTI
  }

  /** Whether it is one of them; one that does not say when it was issued is. */
  public boolean isOf(Identity identity) {
    return switch (kind) {
      case SUB -> what.equals(identity.subject()) && isBefore(identity);
      case JTI -> identity.tokenId().filter(what::equals).isPresent();
    };
  }

  private boolean isBefore(Identity identity) {
    return identity.issuedAt().map(at -> at.isBefore(before)).orElse(true);
  }
}
