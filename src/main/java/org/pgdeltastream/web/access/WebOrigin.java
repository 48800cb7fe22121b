package org.pgdeltastream.web.access;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Scheme, host and port, with the port that is usual for the scheme filled in.
 *
 * <p>Source: RFC 6454, sections 4 and 7.
 */
public record WebOrigin(String scheme, String host, int port) {
  private static final Pattern TEXT =
      Pattern.compile("(https?)://(\\[[0-9a-f:.]+\\]|[a-z0-9][a-z0-9._-]*)(?::([0-9]{1,5}))?");

  private static final Pattern ANY_SCHEME =
      Pattern.compile("([a-z][a-z0-9+.-]*)://(\\[[0-9a-f:.]+\\]|[a-z0-9._-]+)(:[0-9]{1,5})?");

  /**
   * Whether a browser, or a program with one inside, sends this as the Origin of some page, and of
   * no others: not {@code null}, and written as they write it.
   */
  public static boolean isOfPages(String text) {
    Matcher parts = ANY_SCHEME.matcher(text);
    if (!parts.matches() || parts.group(1).equals("file")) {
      return false;
    }
    return !parts.group(1).startsWith("http")
        || parse(text).filter(origin -> origin.toString().equals(text)).isPresent();
  }

  /** Reads the value of an Origin header; empty for {@code null} and all that is not one origin. */
  static Optional<WebOrigin> parse(String text) {
    Matcher parts = TEXT.matcher(text.toLowerCase(Locale.ROOT));
    if (!isAscii(text) || !parts.matches()) { // some other letters have ASCII lower cases
      return Optional.empty();
    }
    String scheme = parts.group(1);
    String port = parts.group(3);
    int usual = scheme.equals("https") ? 443 : 80;
    int number = port == null ? usual : Integer.parseInt(port);
    return number > 0xFFFF
        ? Optional.empty()
        : Optional.of(new WebOrigin(scheme, parts.group(2), number));
  }

  /** The origin that a request itself went to, by its scheme and Host header. */
  static Optional<WebOrigin> of(String scheme, String hostHeader) {
    return parse(scheme.replaceFirst("^ws", "http") + "://" + hostHeader);
  }

  private static boolean isAscii(String text) {
    return text.chars().allMatch(c -> c > ' ' && c < 0x7F);
  }

  /** As a browser writes it: without the usual port. */
  @Override
  public String toString() {
    int usual = scheme.equals("https") ? 443 : 80;
    return scheme + "://" + host + (port == usual ? "" : ":" + port);
  }
}
