package org.pgdeltastream.web.access;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.regex.Pattern;

/** Which addresses and Host headers mean this machine, or a private one. Nothing is resolved. */
public final class Hosts {
  private static final String OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
  private static final Pattern LOOPBACK_IPV4 = Pattern.compile("127(\\." + OCTET + "){3}");
  private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");
  private static final Pattern LOCALHOST = Pattern.compile("([a-z0-9_-]+\\.)*localhost");

  private static final Pattern PORT = Pattern.compile(":[0-9]{1,5}$");
  private static final Pattern ADDRESS =
      Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}|\\[[0-9a-f:.]+\\]");
  private static final Pattern PRIVATE =
      Pattern.compile("[a-z0-9_-]+|([a-z0-9_-]+\\.)+(localhost|local|internal|test|home\\.arpa)");

  private Hosts() {}

  /** Whether a peer's address, as a container prints it, is this machine's own. */
  static boolean isLoopbackAddress(String address) {
    String bare = address.replaceAll("^\\[|\\]$|%.*", "");
    if (LOOPBACK_IPV4.matcher(bare).matches()) {
      return true;
    }
    try { // a text with a colon is read as an address or refused, not resolved
      return IPV6.matcher(bare).matches() && InetAddress.getByName(bare).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /** Whether a Host header, with or without port, names this machine. */
  static boolean isLoopback(String hostHeader) {
    String host = name(hostHeader);
    return LOCALHOST.matcher(host).matches()
        || LOOPBACK_IPV4.matcher(host).matches()
        || host.equals("[::1]");
  }

  /**
   * Whether no web page can bring about this Host header by a name of its own that it lets resolve
   * to this machine (DNS rebinding): an address, or a name that nobody can register.
   *
   * <p>Sources: RFC 6761, RFC 6762, RFC 8375, and ICANN's reservation of {@code .internal}.
   */
  static boolean isPrivate(String hostHeader) {
    String host = name(hostHeader);
    return ADDRESS.matcher(host).matches() || PRIVATE.matcher(host).matches();
  }

  /** Without the port, in lower case. */
  public static String name(String hostHeader) {
    return PORT.matcher(hostHeader.toLowerCase(Locale.ROOT)).replaceFirst("");
  }
}
