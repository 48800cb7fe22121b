package org.pgdeltastream.launch.command;

/**
 * A host and a port, written {@code host:port}; an IPv6 address stands in brackets.
 *
 * @param host without brackets
 */
public record Address(String host, int port) {

  /**
   * Reads {@code host}, {@code host:port} or {@code :port}.
   *
   * @param what what the text is, for the message
   */
  static Address parse(String what, String text, String usualHost, int usualPort)
      throws BadArgumentException {
    String host;
    String rest;
    if (text.startsWith("[")) {
      int end = text.indexOf(']');
      if (end < 0) {
        throw bad(what, text);
      }
      host = text.substring(1, end);
      rest = text.substring(end + 1);
      if (host.isEmpty() || !(rest.isEmpty() || rest.startsWith(":"))) {
        throw bad(what, text);
      }
    } else {
      int colon = text.indexOf(':');
      int end = colon < 0 || text.indexOf(':', colon + 1) >= 0 ? text.length() : colon;
      host = text.substring(0, end); // more than one colon: a bare IPv6 address
      rest = text.substring(end);
    }
    if (!host.matches("[\\w.:%-]*") || text.isEmpty()) {
      throw bad(what, text);
    }
    int port = rest.isEmpty() ? usualPort : port(what, rest.substring(1));
    return new Address(host.isEmpty() ? usualHost : host, port);
  }

  /** Reads a port. */
  static int port(String what, String text) throws BadArgumentException {
    if (text.matches("\\d{1,5}") && Integer.parseInt(text) <= 65535) {
      return Integer.parseInt(text);
    }
    throw new BadArgumentException(
        "%s: the port must be a number up to 65535, not '%s'".formatted(what, text));
  }

  /** The address that a client on this machine uses for a server that listens on {@code host}. */
  public static String reachable(String host) {
    return switch (host) {
      case "0.0.0.0" -> "127.0.0.1";
      case "::", "0:0:0:0:0:0:0:0" -> "::1";
      default -> host;
    };
  }

  private static BadArgumentException bad(String what, String text) {
    return new BadArgumentException(
        "%s must look like host:port or [IPv6]:port, not '%s'".formatted(what, text));
  }

  /** The form that a URL takes. */
  @Override
  public String toString() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
