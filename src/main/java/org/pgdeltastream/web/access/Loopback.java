package org.pgdeltastream.web.access;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;

/** Which addresses and names mean this machine. Nothing is ever looked up. */
final class Loopback {
  private static final String OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
  private static final Pattern IPV4 = Pattern.compile("127(\\." + OCTET + "){3}");
  private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");
  private static final Pattern NAME = Pattern.compile("([a-z0-9_-]+\\.)*localhost");

  private Loopback() {}

  /** Whether a peer's address, as a container prints it, is this machine's own. */
  static boolean isAddress(String address) {
    String bare = address.replaceAll("^\\[|\\]$|%.*", "");
    if (IPV4.matcher(bare).matches()) {
      return true;
    }
    try { // a text with a colon is read as an address or refused, not looked up
      return IPV6.matcher(bare).matches() && InetAddress.getByName(bare).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /** Whether a Host header, with or without port, names this machine. */
  static boolean isHost(String hostHeader) {
    String host = PrivateHost.name(hostHeader);
    return NAME.matcher(host).matches() || IPV4.matcher(host).matches() || host.equals("[::1]");
  }
}
