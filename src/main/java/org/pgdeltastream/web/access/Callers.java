package org.pgdeltastream.web.access;

import jakarta.servlet.ServletContext;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.rights.Bearer;
import org.pgdeltastream.rights.Claims;
import org.pgdeltastream.rights.Identity;
import org.pgdeltastream.rights.Rights;
import org.pgdeltastream.rights.Role;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.web.http.Input;
import org.pgdeltastream.web.token.Revocations;
import org.pgdeltastream.web.token.TokenVerifier;

/**
 * Who calls with a token that an issuer signed, or with none: its identity, and its role as of now.
 */
public final class Callers {
  private static final String NAME = "org.pgdeltastream.callers";

  private final boolean asked;
  private final List<String> operators;
  private final Optional<TokenVerifier> verifier;
  private final Supplier<Rights> rights;
  private final Revocations revocations;
  private final Tickets tickets;

  /**
   * Those of the settings.
   *
   * @param rights the roles, as they are when it is asked
   * @throws IllegalArgumentException naming a setting that cannot be meant
   */
  public Callers(Settings settings, Supplier<Rights> rights, InstantSource clock) {
    this.asked = settings.asksForTokens();
    this.operators = settings.tokens();
    this.verifier = TokenVerifier.of(settings.ofTokens(), clock);
    this.rights = rights;
    this.revocations = Revocations.of(settings.ofTokens(), clock);
    this.tickets = new Tickets(clock);
  }

  /** Makes it known in the application. */
  public void keepIn(ServletContext application) {
    application.setAttribute(NAME, this);
  }

  /** The application's. */
  public static Callers of(ServletContext application) {
    if (application.getAttribute(NAME) instanceof Callers known) {
      return known;
    }
    throw new IllegalStateException("The application has not started");
  }

  /**
   * Whose token it is, and what it may do now.
   *
   * @throws ProblemException UNAUTHORIZED if it is not taken, with the reason; FORBIDDEN if its
   *     role is not known; UPSTREAM_BUSY if the issuer's keys cannot be read
   */
  public Bearer verify(String token) {
    Identity identity =
        verifier
            .orElseThrow(
                () -> unauthorized("A valid token is needed", "Send one of pgdelta.tokens"))
            .verify(token);
    return present(identity);
  }

  /**
   * Whose token it is, if that is not an operator's; where nobody is asked, all are operators.
   *
   * @throws ProblemException as {@link #verify}
   */
  public Optional<Bearer> bearer(String token) {
    return !asked || CallerRules.place(operators, token) >= 0
        ? Optional.empty()
        : Optional.of(verify(token));
  }

  /**
   * The same bearer now.
   *
   * @throws ProblemException as {@link #verify}
   */
  Bearer present(Identity identity) {
    if (revocations.isRevoked(identity)) {
      throw unauthorized("The token is refused: it was revoked", "Log in again");
    }
    Role role =
        rights
            .get()
            .role(identity.role())
            .orElseThrow(
                () ->
                    new ProblemException(
                        Problem.FORBIDDEN,
                        "The token has no role that this server knows",
                        "The claim of pgdelta.role-claim must name one role of pgdelta.rights"));
    return new Bearer(identity, role);
  }

  /** Who shows no token, if there is a role for that. */
  Optional<Bearer> anonymous() {
    Rights now = rights.get();
    return now.anonymous().flatMap(now::role).map(role -> bearer(role, new Claims(Map.of())));
  }

  /**
   * Somebody whose token would say this.
   *
   * @throws ProblemException BAD_REQUEST if there is no such role
   */
  public Bearer imagined(String role, Claims claims) {
    return rights
        .get()
        .role(role)
        .map(known -> bearer(known, claims))
        .orElseThrow(
            () -> Input.bad("Field role is " + Input.shown(role) + ", no role of pgdelta.rights"));
  }

  /** Who has no token. */
  private static Bearer bearer(Role role, Claims claims) {
    return new Bearer(
        new Identity(
            "", "", Optional.empty(), role.name(), claims, Optional.empty(), Optional.empty()),
        role);
  }

  /** Whether no token of this bearer is taken any more. */
  public boolean isRevoked(Identity identity) {
    return revocations.isRevoked(identity);
  }

  Revocations revocations() {
    return revocations;
  }

  Tickets tickets() {
    return tickets;
  }

  private static ProblemException unauthorized(String what, String hint) {
    return new ProblemException(Problem.UNAUTHORIZED, what, hint);
  }
}
