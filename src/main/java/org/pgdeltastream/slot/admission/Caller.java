package org.pgdeltastream.slot.admission;

import java.util.Optional;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.rights.Bearer;
import org.pgdeltastream.rights.Grant;
import org.pgdeltastream.rights.Identity;
import org.pgdeltastream.rights.Limits;
import org.pgdeltastream.rights.NotThere;

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

  /**
   * What it may see of a feed; empty: everything.
   *
   * @param snapshot whether it is to begin with rows
   * @throws ProblemException FEED_NOT_FOUND, as where there is none; FORBIDDEN
   */
  public Optional<Grant> grant(String feed, boolean snapshot) {
    return bearer.flatMap(one -> grant(one, feed, snapshot));
  }

  /** The same of a bearer. */
  public static Optional<Grant> grant(Bearer bearer, String feed, boolean snapshot) {
    if (bearer.seesAll()) {
      return Optional.empty();
    }
    Grant grant = bearer.grant(feed).orElseThrow(() -> NotThere.feed(feed));
    if (snapshot && !grant.right().snapshot()) {
      throw new ProblemException(
          Problem.FORBIDDEN,
          "Your token has no right to begin with the rows of feed " + feed,
          "Follow it without snapshot=1");
    }
    return Optional.of(grant);
  }

  Limits limits() {
    return bearer.map(one -> one.role().limits()).orElse(Limits.NONE);
  }

  /** The most bytes that a snapshot may have which is made for it. */
  public long snapshotBytes() {
    return limits().snapshotBytes();
  }
}
