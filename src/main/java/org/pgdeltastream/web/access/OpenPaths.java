package org.pgdeltastream.web.access;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What may be asked without a token, or with one that may only look. Paths count as they were sent,
 * letter by letter, so that no spelling of another path passes.
 */
final class OpenPaths {
  private static final Pattern FOR_ALL =
      Pattern.compile(
          "/v1/(health/(started|live|ready)|(openapi|asyncapi|schema/[a-z0-9-]+)\\.json)");
  private static final Pattern MONITORED =
      Pattern.compile(
          "/v1/(ping|about|health|status|snapshots|doctor|metrics|slots(/[a-z0-9_]+)?|feeds(/[a-z0-9_]+)?)");
  private static final Pattern PAGES =
      Pattern.compile(
          "/?|/index\\.html|/(console|client)(/[A-Za-z0-9-]+(\\.[A-Za-z0-9]+)*)*/[A-Za-z0-9-]+(\\.[A-Za-z0-9]+)*");
  private static final Pattern OF_FEEDS =
      Pattern.compile("/v1/feeds/([a-z0-9_]+)/(stream|changes)/?");
  private static final Pattern EXPLAIN = Pattern.compile("/v1/feeds/[a-z0-9_]+/explain/?");
  private static final Pattern COOKIE = Pattern.compile("/v1/cookie/?");
  private static final Pattern TICKETS = Pattern.compile("/v1/tickets/?");
  private static final List<String> READING = List.of("GET", "HEAD", "OPTIONS");

  private OpenPaths() {}

  /** It says up or down, and nothing else; it is the same for everybody; or it shows nothing. */
  static boolean needsNoToken(AccessRules.Call call) {
    return isPage(call)
        || (call.method().equals("DELETE") && COOKIE.matcher(call.path()).matches())
        || (READING.contains(call.method()) && FOR_ALL.matcher(call.path()).matches());
  }

  /** It is a file of the console, which holds no data. */
  static boolean isPage(AccessRules.Call call) {
    return READING.contains(call.method()) && PAGES.matcher(call.path()).matches();
  }

  /** It shows how things are, and no row. */
  static boolean isForMonitors(AccessRules.Call call) {
    return READING.contains(call.method()) && MONITORED.matcher(call.path()).matches();
  }

  /** It follows a feed, asks what is shown of it, or shows the caller in another way. */
  static boolean isForBearers(AccessRules.Call call) {
    return isOfFeeds(call)
        || (call.method().equals("POST")
            && Stream.of(COOKIE, TICKETS, EXPLAIN)
                .anyMatch(path -> path.matcher(call.path()).matches()));
  }

  /** It reads a feed's changes. */
  static boolean isOfFeeds(AccessRules.Call call) {
    return call.method().equals("GET") && OF_FEEDS.matcher(call.path()).matches();
  }

  /** The feed whose stream it opens. */
  static Optional<String> streamedFeed(AccessRules.Call call) {
    Matcher path = OF_FEEDS.matcher(call.path());
    return isOfFeeds(call) && path.matches() && path.group(2).equals("stream")
        ? Optional.of(path.group(1))
        : Optional.empty();
  }
}
