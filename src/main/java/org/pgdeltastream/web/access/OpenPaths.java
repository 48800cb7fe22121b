package org.pgdeltastream.web.access;

import java.util.List;
import java.util.regex.Pattern;

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
  private static final List<String> READING = List.of("GET", "HEAD", "OPTIONS");

  private OpenPaths() {}

  /** It says up or down, and nothing else; or it is the same for everybody. */
  static boolean needsNoToken(AccessRules.Call call) {
    return isPage(call)
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
}
