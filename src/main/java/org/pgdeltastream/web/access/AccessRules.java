package org.pgdeltastream.web.access;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.web.http.ErrorBody;

/** Who may call: the address, the page that a browser calls from, and what the call shows. */
final class AccessRules {
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

  private final CallerRules callers;
  private final List<String> origins;
  private final List<String> hosts;
  private final boolean open;

  AccessRules(Settings settings, Callers callers) {
    this(new CallerRules(settings, callers), settings.origins(), settings.hosts(), settings.open());
  }

  AccessRules(CallerRules callers, List<String> origins, List<String> hosts, boolean open) {
    this.callers = callers;
    this.origins = List.copyOf(origins);
    this.hosts = hosts.stream().map(Hosts::name).toList();
    this.open = open;
  }

  /**
   * What the rules check in a request.
   *
   * @param path below the application's own, as it was sent
   * @param query as it was sent; empty if there is none
   * @param headers a header's values, in the order received; empty where it is absent
   */
  record Call(
      String method,
      String scheme,
      String path,
      String query,
      String remoteAddress,
      Function<String, List<String>> headers) {
    List<String> header(String name) {
      return headers.apply(name);
    }
  }

  /** What is decided of the call; a ticket that it shows is spent by this. */
  Access decide(Call call) {
    Optional<ErrorBody> refusal = refusedCaller(call).or(() -> refusedPage(call));
    if (refusal.isPresent()) {
      return Access.refused(refusal.get());
    }
    if (isPreflight(call)) {
      return Access.PASSED;
    }
    Access access = callers.of(call);
    return access.isAnonymous() ? refusedHost(call).map(Access::refused).orElse(access) : access;
  }

  /** The Origin that a call says that it has. */
  static Optional<String> origin(Call call) {
    List<String> origin = call.header("Origin");
    return origin.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", origin));
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
    return callers.trustPlaces() ? PageSigns.in(call) : Optional.empty(); // a page has no token
  }

  /** Whether a browser only asks what it may send; it has no token to show yet. */
  boolean isPreflight(Call call) {
    return call.method().equals("OPTIONS")
        && !call.header("Access-Control-Request-Method").isEmpty()
        && sharedWith(call).isPresent();
  }

  /** What to set to allow other machines; empty if they are allowed. */
  Optional<String> advice() {
    return open || callers.areAsked() ? Optional.empty() : Optional.of(OPEN_IT);
  }

  /** Without tokens only this machine itself is let in, by names that no other machine can take. */
  private Optional<ErrorBody> refusedCaller(Call call) {
    if (callers.areAsked()) {
      return Optional.empty();
    }
    if (open) {
      return refusedHost(call);
    }
    return refusedAsForeign(call);
  }

  /** Why the call is not one of this machine. */
  static Optional<ErrorBody> refusedAsForeign(Call call) {
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

  private static Optional<ErrorBody> forbidden(String error, String hint) {
    return Optional.of(new ErrorBody(403, "forbidden", error, false, hint));
  }
}
