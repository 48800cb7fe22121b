package org.pgdeltastream.web.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.rights.Bearer;
import org.pgdeltastream.rights.Role;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.web.access.AccessRules.Call;
import org.pgdeltastream.web.http.ErrorBody;

/** Whose call it is by what it shows, and whether it may do what it asks for. */
final class CallerRules {
  private static final String LOOK_ONLY =
      "This token may only look: status, slots, feeds, snapshots, health, metrics, doctor";

  private final List<String> tokens;
  private final List<String> monitors;
  private final boolean asked;
  private final boolean trustLocal;
  private final Callers callers;

  CallerRules(Settings settings, Callers callers) {
    this(
        settings.tokens(),
        settings.ofOperators().monitorTokens(),
        settings.asksForTokens(),
        settings.ofTokens().trustLocal(),
        callers);
  }

  /**
   * The rules.
   *
   * @param asked whether who shows nothing is nobody
   * @param trustLocal but on this machine everybody
   */
  CallerRules(
      List<String> tokens,
      List<String> monitors,
      boolean asked,
      boolean trustLocal,
      Callers callers) {
    this.tokens = List.copyOf(tokens);
    this.monitors = List.copyOf(monitors);
    this.asked = asked;
    this.trustLocal = trustLocal;
    this.callers = callers;
  }

  /** Whether somebody is let in by what he shows, and not by where he is. */
  boolean areAsked() {
    return asked;
  }

  /** Whether somebody is let in also by where he is. */
  boolean trustPlaces() {
    return !asked || trustLocal;
  }

  /** A ticket that the call shows is spent by this. */
  Access of(Call call) {
    if (!asked || OpenPaths.needsNoToken(call)) {
      return Access.PASSED;
    }
    try {
      return of(call, Credentials.tokens(call));
    } catch (ProblemException e) {
      return Access.refusedToken(e);
    }
  }

  private Access of(Call call, List<String> sent) {
    boolean showsNothing =
        sent.isEmpty() && Credentials.ticket(call).isEmpty() && Credentials.cookie(call).isEmpty();
    if (trustLocal && showsNothing && AccessRules.refusedAsForeign(call).isEmpty()) {
      return Access.PASSED;
    }
    if (sent.stream().anyMatch(token -> place(monitors, token) >= 0)) {
      return OpenPaths.isForMonitors(call)
          ? Access.PASSED
          : Access.refused(forbidden(LOOK_ONLY, "Send one of pgdelta.tokens"));
    }
    Optional<String> operator =
        sent.stream()
            .map(token -> place(tokens, token))
            .filter(place -> place >= 0)
            .map(String::valueOf)
            .findFirst();
    if (operator.isPresent()) {
      return Access.of(Holder.operator(operator.get()));
    }
    return holder(call, sent).map(known -> allowed(known, call)).orElse(nobody());
  }

  private Optional<Holder> holder(Call call, List<String> sent) {
    if (!sent.isEmpty()) {
      return Optional.of(Holder.of(callers.verify(sent.get(0))));
    }
    Optional<String> ticket = Credentials.ticket(call);
    if (ticket.isPresent()) {
      return Optional.of(ofTicket(ticket.get(), call));
    }
    return Credentials.cookie(call).map(callers::verify).or(callers::anonymous).map(Holder::of);
  }

  /** Its token may have ended or been revoked since. */
  private Holder ofTicket(String ticket, Call call) {
    Holder holder =
        callers
            .tickets()
            .take(ticket, call)
            .orElseThrow(
                () ->
                    new ProblemException(
                        Problem.UNAUTHORIZED,
                        "This ticket is not known here: it was used, is late, or is another page's"
                            + " or feed's",
                        "POST /v1/tickets makes another one"));
    return holder
        .bearer()
        .map(Bearer::identity)
        .map(callers::present)
        .map(Holder::of)
        .orElse(holder);
  }

  private static Access allowed(Holder holder, Call call) {
    Access access = Access.of(holder);
    if (access.isAnonymous()) {
      return OpenPaths.isOfFeeds(call) ? access : nobody();
    }
    return holder.bearer().map(Bearer::role).filter(role -> !mayDo(role, call)).isPresent()
        ? access.but(
            forbidden(
                "The role of this token may not do that: it may follow its feeds",
                "Let a role with \"all\", or one of pgdelta.tokens, do it"))
        : access;
  }

  private static boolean mayDo(Role role, Call call) {
    boolean follows = !role.monitor() || !role.feeds().isEmpty();
    return role.all()
        || (role.monitor() && OpenPaths.isForMonitors(call))
        || (follows && OpenPaths.isForBearers(call));
  }

  private static Access nobody() {
    return Access.refused(
        new ErrorBody(
            401,
            "unauthorized",
            "A valid token is needed",
            false,
            "Send 'Authorization: Bearer <token>'; in a browser open the websocket with new"
                + " WebSocket(url, ['pgdeltastream.v1', 'bearer.<token>'])"));
  }

  /** Where it stands; -1 for nowhere. Compares with every token, each in constant time. */
  static int place(List<String> known, String sent) {
    int found = -1;
    for (int i = 0; i < known.size(); i++) {
      if (MessageDigest.isEqual(bytes(known.get(i)), bytes(sent))) {
        found = i;
      }
    }
    return found;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static ErrorBody forbidden(String error, String hint) {
    return new ErrorBody(403, "forbidden", error, false, hint);
  }
}
