package org.pgdeltastream.launch.command;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** What can be read in a URL of the driver's, which may carry a password. */
final class JdbcUrl {
  private JdbcUrl() {}

  /** Without all that can carry a password: parameters, and a user before the host. */
  static String shown(String url) {
    return url.replaceFirst("\\?.*", "").replaceFirst("//[^/]*@", "//");
  }

  /** A parameter's value, if it is there and not empty. */
  static Optional<String> parameter(String url, String name) {
    int start = url.indexOf('?') + 1;
    return start == 0
        ? Optional.empty()
        : Arrays.stream(url.substring(start).split("&"))
            .filter(pair -> pair.startsWith(name + "="))
            .map(pair -> decoded(pair.substring(name.length() + 1)))
            .filter(value -> !value.isEmpty())
            .findFirst();
  }

  /** What is not encoded as it should be is the driver's to refuse. */
  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }
}
