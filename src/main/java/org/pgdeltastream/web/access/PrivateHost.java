package org.pgdeltastream.web.access;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Which Host headers no web page can bring about by a name of its own that it lets resolve to this
 * machine (DNS rebinding): addresses, and names that nobody can register. Nothing is looked up.
 *
 * <p>Sources: RFC 6761, RFC 6762, RFC 8375, and ICANN's reservation of {@code .internal}.
 */
public final class PrivateHost {
  private static final Pattern PORT = Pattern.compile(":[0-9]{1,5}$");
  private static final Pattern ADDRESS =
      Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}|\\[[0-9a-f:.]+\\]");
  private static final Pattern NAME =
      Pattern.compile("[a-z0-9_-]+|([a-z0-9_-]+\\.)+(localhost|local|internal|test|home\\.arpa)");

  private PrivateHost() {}

  static boolean is(String hostHeader) {
    String host = name(hostHeader);
    return ADDRESS.matcher(host).matches() || NAME.matcher(host).matches();
  }

  /** Without the port, in lower case. */
  public static String name(String hostHeader) {
    return PORT.matcher(hostHeader.toLowerCase(Locale.ROOT)).replaceFirst("");
  }
}
