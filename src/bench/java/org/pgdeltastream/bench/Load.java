package org.pgdeltastream.bench;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One part of the feed benchmark, written as {@code [kind:]clients[xrate][/stalled]}.
 *
 * @param rate messages a second; 0 where the kind has none
 * @param stalled so many of the clients read nothing
 */
record Load(String text, Kind kind, int clients, int rate, int stalled) {
  private static final Pattern TEXT =
      Pattern.compile("(?:(events|idle|stalled|herd):)?(\\d{1,6})(?:x(\\d{1,5}))?(?:/(\\d{1,6}))?");

  /** What is measured. */
  enum Kind {
    /** Messages to websockets. */
    WEBSOCKETS(true),
    /** Messages to event streams. */
    EVENTS(true),
    /** Memory of websockets that get next to nothing. */
    IDLE(false),
    /** Memory of websockets that read nothing. */
    STALLED(false),
    /** All clients come back to a server that was killed. */
    HERD(true);

    final boolean hasRate;

    Kind(boolean hasRate) {
      this.hasRate = hasRate;
    }
  }

  static Load parse(String text) {
    Matcher parts = TEXT.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "Not a load like 1000x20, 10000x50/500, idle:1000: " + text);
    }
    Kind kind =
        parts.group(1) == null
            ? Kind.WEBSOCKETS
            : Kind.valueOf(parts.group(1).toUpperCase(Locale.ROOT));
    Load load =
        new Load(
            text, kind, number(parts.group(2)), number(parts.group(3)), number(parts.group(4)));
    if (kind.hasRate != load.rate > 0) {
      throw new IllegalArgumentException(
          text + (kind.hasRate ? " needs a rate, as 1000x20 has" : " takes no rate"));
    }
    if ((load.stalled > 0 && kind != Kind.WEBSOCKETS) || load.stalled >= load.clients) {
      throw new IllegalArgumentException(text + ": some of many websockets can be stalled");
    }
    return load;
  }

  private static int number(String text) {
    return text == null ? 0 : Integer.parseInt(text);
  }

  /** The same before any of the clients is stalled. */
  String withoutStalled() {
    return stalled == 0 ? text : text.substring(0, text.indexOf('/'));
  }
}
