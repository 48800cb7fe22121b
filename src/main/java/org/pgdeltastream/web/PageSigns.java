package org.pgdeltastream.web;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Whether a web page may have caused a GET, as an image, a frame, a link or a fetch without an
 * answer. A browser then sends no Origin, and to an address without TLS no Sec-Fetch-… either; but
 * its User-Agent, which a page can change only where it asks first (a preflight).
 *
 * <p>Source: the Fetch standard, "request-no-CORS" headers; Fetch Metadata.
 */
final class PageSigns {
  private static final List<String> OF_PAGES =
      List.of("image/", "video/", "audio/", "font/", "text/css", "text/html", "application/xhtml");

  private PageSigns() {}

  /** What shows it; empty where nothing does, or where the browser says that no page did. */
  static Optional<String> in(AccessRules.Call call) {
    if (call.header("Sec-Fetch-Site").equals(List.of("none")) // its user did
        || !call.header("Origin").isEmpty()) { // which the rules have looked at already
      return Optional.empty();
    }
    return Stream.of("Referer", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Sec-Purpose")
        .filter(name -> !call.header(name).isEmpty())
        .findFirst()
        .or(() -> accepted(call))
        .or(() -> isBrowser(call) ? Optional.of("User-Agent: Mozilla") : Optional.empty());
  }

  private static Optional<String> accepted(AccessRules.Call call) {
    return MediaRange.of(call.header("Accept")).anyMatch(PageSigns::isOfPages)
        ? Optional.of("Accept")
        : Optional.empty();
  }

  private static boolean isOfPages(MediaRange range) {
    return OF_PAGES.stream().anyMatch(range.type()::startsWith);
  }

  private static boolean isBrowser(AccessRules.Call call) {
    return call.header("User-Agent").stream().anyMatch(agent -> agent.contains("Mozilla"));
  }
}
