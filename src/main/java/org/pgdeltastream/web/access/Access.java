package org.pgdeltastream.web.access;

import java.util.Optional;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.rights.Bearer;
import org.pgdeltastream.web.http.ErrorBody;
import org.pgdeltastream.web.http.Errors;

/**
 * What is decided of a call.
 *
 * @param refusal why it is refused; empty if it may pass
 * @param challenge the value of WWW-Authenticate; empty for none
 * @param token the place of the operator's token that it shows
 * @param bearer who calls with a role
 */
record Access(
    Optional<ErrorBody> refusal,
    String challenge,
    Optional<String> token,
    Optional<Bearer> bearer) {
  static final Access PASSED = new Access(Optional.empty(), "", Optional.empty(), Optional.empty());

  private static final int UNAUTHORIZED = 401;
  private static final String REALM = "Bearer realm=\"pgdelta\"";

  static Access refused(ErrorBody why) {
    String challenge = why.status() == UNAUTHORIZED ? REALM : "";
    return new Access(Optional.of(why), challenge, Optional.empty(), Optional.empty());
  }

  /** What it shows is not taken. Source: RFC 6750, section 3. */
  static Access refusedToken(ProblemException why) {
    ErrorBody error = Errors.of(why);
    if (error.status() != UNAUTHORIZED) {
      return refused(error);
    }
    String description = error.error().replaceAll("[^ -~]|[\"\\\\]", "");
    return new Access(
        Optional.of(error),
        REALM + ", error=\"invalid_token\", error_description=\"" + description + "\"",
        Optional.empty(),
        Optional.empty());
  }

  static Access of(Holder holder) {
    return new Access(Optional.empty(), "", holder.token(), holder.bearer());
  }

  /** The same caller, whom this is refused. */
  Access but(ErrorBody why) {
    return new Access(Optional.of(why), "", token, bearer);
  }

  /** Whether it shows nothing, and passes by the role of those. */
  boolean isAnonymous() {
    return refusal.isEmpty() && bearer.filter(Holder::isAnonymous).isPresent();
  }
}
