package org.pgdeltastream.launch.command;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A URL of the driver's, which may carry a password. */
final class JdbcUrl {
  private static final List<String> SSL_MODES =
      List.of("disable", "allow", "prefer", "require", "verify-ca", "verify-full");

  private JdbcUrl() {}

  static String of(Address server, String database, Optional<String> sslMode)
      throws BadArgumentException {
    if (sslMode.isPresent() && !SSL_MODES.contains(sslMode.get())) {
      throw new BadArgumentException(
          "PGSSLMODE is '%s'; libpq knows %s"
              .formatted(sslMode.get(), String.join(", ", SSL_MODES)));
    }
    return "jdbc:postgresql://"
        + server
        + "/"
        + URLEncoder.encode(database, StandardCharsets.UTF_8).replace("+", "%20")
        + sslMode.map(mode -> "?sslmode=" + mode).orElse("");
  }

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
