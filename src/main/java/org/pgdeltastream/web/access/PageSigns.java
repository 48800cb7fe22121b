package org.pgdeltastream.web.access;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.pgdeltastream.web.http.MediaRange;

/**
 * Whether a web page of another origin may have caused a GET, as an image, a frame, a link or a
 * fetch without an answer. A browser then sends no Origin, and to an address without TLS no
 * Sec-Fetch-… either; but its User-Agent, which a page can change only where it asks first (a
 * preflight). Programs that send something alike are known by the rest of what they send.
 *
 * <p>Source: the Fetch standard, "request-no-CORS" headers; Fetch Metadata.
 */
final class PageSigns {
  private static final List<String> HARMLESS = List.of("none", "same-origin");
  private static final List<String> OF_PAGES =
      List.of("image/", "video/", "audio/", "font/", "text/css", "text/html", "application/xhtml");

  private PageSigns() {}

  /**
   * What shows it; empty if nothing does, or if the browser says that no other page caused the
   * call.
   */
  static Optional<String> in(AccessRules.Call call) {
    List<String> site = call.header("Sec-Fetch-Site");
    if ((site.size() == 1 && HARMLESS.contains(site.get(0))) // its user did, or a page of ours
        || !call.header("Origin").isEmpty()) { // which the rules have checked already
      return Optional.empty();
    }
    return Stream.of("Referer", "Sec-Fetch-Site", "Sec-Fetch-Dest", "Sec-Purpose")
        .filter(name -> !call.header(name).isEmpty())
        .findFirst()
        .or(() -> sign("Sec-Fetch-Mode", isModeOfPages(call)))
        .or(() -> sign("Accept", doesAcceptAsPages(call)))
        .or(() -> sign("User-Agent: Mozilla", agent(call, "Mozilla")));
  }

  private static Optional<String> sign(String name, boolean present) {
    return present ? Optional.of(name) : Optional.empty();
  }

  /** Node's fetch says {@code cors}; a page's would bring an Origin. */
  private static boolean isModeOfPages(AccessRules.Call call) {
    return call.header("Sec-Fetch-Mode").stream().anyMatch(mode -> !mode.equals("cors"));
  }

  /** Java's URLConnection accepts images, too. */
  private static boolean doesAcceptAsPages(AccessRules.Call call) {
    return !agent(call, "Java/")
        && MediaRange.of(call.header("Accept"))
            .anyMatch(range -> OF_PAGES.stream().anyMatch(range.type()::startsWith));
  }

  private static boolean agent(AccessRules.Call call, String word) {
    return call.header("User-Agent").stream().anyMatch(agent -> agent.contains(word));
  }
}
