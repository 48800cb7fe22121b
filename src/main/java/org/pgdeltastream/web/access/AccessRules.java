package org.pgdeltastream.web.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.web.http.ErrorBody;

/** Who may call: the token, the address, and the page that a browser calls from. */
final class AccessRules {
  static final String SUBPROTOCOL_PREFIX = "bearer.";

  private static final Pattern BEARER = Pattern.compile("(?i:bearer) +([^ ]+) *");
  private static final List<String> PROXY_HEADERS =
      List.of(
          "Forwarded",
          "Via",
          "X-Forwarded-For",
          "X-Forwarded-Host",
          "X-Forwarded-Port",
          "X-Forwarded-Prefix",
          "X-Forwarded-Proto",
          "X-Forwarded-Server",
          "X-Real-IP",
          "X-Client-IP",
          "X-Cluster-Client-IP",
          "CF-Connecting-IP",
          "True-Client-IP");
  private static final String OPEN_IT =
      "Configure access: set pgdelta.tokens (PGDELTA_TOKENS) and send one of them as"
          + " 'Authorization: Bearer <token>', or set pgdelta.open=true (PGDELTA_OPEN) to let anybody in";

  private final List<byte[]> tokens;
  private final List<byte[]> monitors;
  private final List<String> origins;
  private final List<String> hosts;
  private final boolean open;

  AccessRules(Settings settings) {
    this(
        settings.tokens(),
        settings.ofOperators().monitorTokens(),
        settings.origins(),
        settings.hosts(),
        settings.open());
  }

  AccessRules(
      List<String> tokens,
      List<String> monitors,
      List<String> origins,
      List<String> hosts,
      boolean open) {
    this.tokens = tokens.stream().map(AccessRules::bytes).toList();
    this.monitors = monitors.stream().map(AccessRules::bytes).toList();
    this.origins = List.copyOf(origins);
    this.hosts = hosts.stream().map(Hosts::name).toList();
    this.open = open;
  }

  /**
   * What the rules check in a request.
   *
   * @param path below the application's own, as it was sent
   * @param headers a header's values, in the order received; empty where it is absent
   */
  record Call(
      String method,
      String scheme,
      String path,
      String remoteAddress,
      Function<String, List<String>> headers) {
    List<String> header(String name) {
      return headers.apply(name);
    }
  }

  /** Why the call is refused; empty if it may pass. */
  Optional<ErrorBody> refusal(Call call) {
    return refusedCaller(call).or(() -> refusedPage(call)).or(() -> refusedToken(call));
  }

  /** The configured origin that the call comes from: a browser may hand the answer to it. */
  Optional<String> sharedWith(Call call) {
    List<String> origin = call.header("Origin");
    return origin.size() == 1 && WebOrigin.isOfPages(origin.get(0))
        ? origin.stream().filter(origins::contains).findFirst()
        : Optional.empty();
  }

  /** Why a GET that changes something is refused: a page may have caused it. */
  Optional<String> pageSign(Call call) {
    return tokens.isEmpty() ? PageSigns.in(call) : Optional.empty(); // a page has no token
  }

  /** Whether a browser only asks what it may send; it has no token to show yet. */
  boolean isPreflight(Call call) {
    return call.method().equals("OPTIONS")
        && !call.header("Access-Control-Request-Method").isEmpty()
        && sharedWith(call).isPresent();
  }

  /** What to set to allow other machines; empty if they are allowed. */
  Optional<String> advice() {
    return open || !tokens.isEmpty() ? Optional.empty() : Optional.of(OPEN_IT);
  }

  /** Without tokens only this machine itself is let in, by names that no other machine can take. */
  private Optional<ErrorBody> refusedCaller(Call call) {
    if (!tokens.isEmpty()) {
      return Optional.empty();
    }
    if (open) {
      return refusedHost(call);
    }
    if (!Hosts.isLoopbackAddress(call.remoteAddress())
        || PROXY_HEADERS.stream().anyMatch(name -> !call.header(name).isEmpty())) {
      return forbidden("No access is configured, so only this machine itself is let in", OPEN_IT);
    }
    List<String> host = call.header("Host");
    if (host.size() != 1 || !Hosts.isLoopback(host.get(0))) {
      return forbidden("No access is configured, so Host must be localhost", OPEN_IT);
    }
    return Optional.empty();
  }

  /** A page of a host name that suddenly leads here would be of the same origin (DNS rebinding). */
  private Optional<ErrorBody> refusedHost(Call call) {
    boolean known =
        call.header("Host").stream()
            .allMatch(host -> Hosts.isPrivate(host) || hosts.contains(Hosts.name(host)));
    return known && call.header("Host").size() <= 1
        ? Optional.empty()
        : forbidden(
            "This Host is not known, and any web page could take one like it",
            "Add it to pgdelta.hosts (PGDELTA_HOSTS), call an address instead, or set"
                + " pgdelta.tokens (PGDELTA_TOKENS)");
  }

  /** A page of another origin must not call through the browser (cross-site hijacking). */
  private Optional<ErrorBody> refusedPage(Call call) {
    if (sharedWith(call).isPresent() || OpenPaths.isPage(call)) { // a link may lead to the console
      return Optional.empty();
    }
    if (!call.header("Origin").isEmpty() && !isSameOrigin(call)) {
      return forbidden(
          "Origin %s is not allowed; pgdelta.origins (PGDELTA_ORIGINS) lists those that are"
              .formatted(Shown.of(String.join(", ", call.header("Origin")))),
          "Add exactly this origin to pgdelta.origins (PGDELTA_ORIGINS)");
    }
    if (!List.of("none", "same-origin").containsAll(call.header("Sec-Fetch-Site"))) {
      return forbidden("A page of another site may not call here", "");
    }
    return Optional.empty();
  }

  private static boolean isSameOrigin(Call call) {
    List<String> origin = call.header("Origin");
    List<String> host = call.header("Host");
    if (origin.size() != 1 || host.size() != 1) {
      return false;
    }
    Optional<WebOrigin> theirs = WebOrigin.parse(origin.get(0));
    return theirs.isPresent() && theirs.equals(WebOrigin.of(call.scheme(), host.get(0)));
  }

  private Optional<ErrorBody> refusedToken(Call call) {
    if (tokens.isEmpty() || isPreflight(call) || OpenPaths.needsNoToken(call)) {
      return Optional.empty();
    }
    if (sent(call).anyMatch(token -> place(monitors, token) >= 0)) {
      return OpenPaths.isForMonitors(call)
          ? Optional.empty()
          : forbidden(
              "This token may only look: status, slots, feeds, snapshots, health, metrics, doctor",
              "Send one of pgdelta.tokens");
    }
    return token(call).isPresent()
        ? Optional.empty()
        : Optional.of(
            new ErrorBody(
                401,
                "unauthorized",
                "A valid token is needed",
                false,
                "Send 'Authorization: Bearer <token>'; in a browser open the websocket with new"
                    + " WebSocket(url, ['pgdeltastream.v1', 'bearer.<token>'])"));
  }

  /** Which of the tokens the caller has sent, by its place in the settings; empty for none. */
  Optional<String> token(Call call) {
    return sent(call)
        .map(token -> place(tokens, token))
        .filter(place -> place >= 0)
        .map(String::valueOf)
        .findFirst();
  }

  private static Stream<String> sent(Call call) {
    return Stream.concat(authorization(call), subprotocol(call));
  }

  private static Stream<String> authorization(Call call) {
    return call.header("Authorization").stream()
        .map(BEARER::matcher)
        .filter(Matcher::matches)
        .map(bearer -> bearer.group(1));
  }

  private static Stream<String> subprotocol(Call call) {
    return call.header("Sec-WebSocket-Protocol").stream()
        .flatMap(value -> Stream.of(value.split(",")))
        .map(String::strip)
        .filter(protocol -> protocol.startsWith(SUBPROTOCOL_PREFIX))
        .map(protocol -> protocol.substring(SUBPROTOCOL_PREFIX.length()));
  }

  /** Where it stands; -1 for nowhere. Compares with every token, each in constant time. */
  private static int place(List<byte[]> known, String sent) {
    int found = -1;
    for (int i = 0; i < known.size(); i++) {
      if (MessageDigest.isEqual(known.get(i), bytes(sent))) {
        found = i;
      }
    }
    return found;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Optional<ErrorBody> forbidden(String error, String hint) {
    return Optional.of(new ErrorBody(403, "forbidden", error, false, hint));
  }
}
