package org.pgdeltastream.change;

import java.util.regex.Pattern;

/**
 * The name of a replication slot: lower-case letters, digits, underscore, 1 to 63 of them.
 *
 * <p>Source: PostgreSQL's manual, "Replication Slots".
 */
public record SlotName(String value) {
  /** How the names of feeds' slots begin. */
  public static final String OF_FEEDS = "delta_feed_";

  private static final Pattern LEGAL = Pattern.compile("[a-z0-9_]{1,63}");

  public SlotName {
    if (!LEGAL.matcher(value).matches()) {
      throw new IllegalArgumentException(
          "Not a slot name (1 to 63 of a-z, 0-9 and _): " + Shown.of(value));
    }
  }

  @Override
  public String toString() {
    return value;
  }
}
