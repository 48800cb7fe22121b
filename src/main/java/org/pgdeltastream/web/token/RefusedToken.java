package org.pgdeltastream.web.token;

import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;

/** Why a token is not taken, in words that hold nothing of it. */
final class RefusedToken {
  private RefusedToken() {}

  /**
   * A refusal.
   *
   * @param why a constant of ours
   */
  static ProblemException because(String why) {
    return new ProblemException(
        Problem.UNAUTHORIZED, "The token is refused: " + why, "Ask its issuer for another one");
  }
}
