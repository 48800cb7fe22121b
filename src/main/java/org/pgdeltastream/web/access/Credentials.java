package org.pgdeltastream.web.access;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.web.access.AccessRules.Call;

/** What a call shows to say whose it is. */
final class Credentials {
  static final String COOKIE = "__Secure-pgdelta";
  static final String SUBPROTOCOL_PREFIX = "bearer.";

  private static final Pattern BEARER = Pattern.compile("(?i:bearer) +([^ ]+) *");
  private static final String TICKET = "ticket=";

  private Credentials() {}

  /**
   * Tokens, in a header or as a websocket's subprotocol.
   *
   * @throws ProblemException UNAUTHORIZED if a header Authorization has something else
   */
  static List<String> tokens(Call call) {
    return Stream.concat(
            call.header("Authorization").stream().map(Credentials::bearer), subprotocol(call))
        .toList();
  }

  /**
   * The token of a header Authorization. Source: RFC 6750, section 2.1.
   *
   * @throws ProblemException UNAUTHORIZED if it has something else
   */
  static String bearer(String header) {
    Matcher bearer = BEARER.matcher(header);
    if (bearer.matches()) {
      return bearer.group(1);
    }
    throw new ProblemException(
        Problem.UNAUTHORIZED,
        "The token is refused: header Authorization is not 'Bearer <token>'",
        "Send 'Authorization: Bearer <token>' with one space, or no such header");
  }

  private static Stream<String> subprotocol(Call call) {
    return call.header("Sec-WebSocket-Protocol").stream()
        .flatMap(value -> Stream.of(value.split(",")))
        .map(String::strip)
        .filter(protocol -> protocol.startsWith(SUBPROTOCOL_PREFIX))
        .map(protocol -> protocol.substring(SUBPROTOCOL_PREFIX.length()));
  }

  /** A ticket, of a feed's stream alone. */
  static Optional<String> ticket(Call call) {
    return OpenPaths.streamedFeed(call).isEmpty()
        ? Optional.empty()
        : Stream.of(call.query().split("&"))
            .filter(pair -> pair.startsWith(TICKET))
            .map(pair -> pair.substring(TICKET.length()))
            .findFirst();
  }

  /**
   * The token of our cookie, where it may count: no page of another origin can have caused the
   * call. A browser leaves out Origin in a GET of a page of the same origin, and says so.
   */
  static Optional<String> cookie(Call call) {
    boolean ownPage =
        !call.header("Origin").isEmpty() // which the rules have checked already
            || call.header("Sec-Fetch-Site").equals(List.of("same-origin"));
    return ownPage && OpenPaths.isOfFeeds(call)
        ? call.header("Cookie").stream()
            .flatMap(value -> Stream.of(value.split(";")))
            .map(String::strip)
            .filter(pair -> pair.startsWith(COOKIE + "="))
            .map(pair -> pair.substring(COOKIE.length() + 1))
            .findFirst()
        : Optional.empty();
  }
}
