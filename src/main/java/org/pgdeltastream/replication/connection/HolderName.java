package org.pgdeltastream.replication.connection;

import java.util.Locale;
import org.pgdeltastream.change.SlotName;

/**
 * The name in {@code pg_stat_activity} of the connection that holds a slot's snapshot: the server's
 * own name and the slot's. PostgreSQL cuts names at 63 bytes, so a long one is shortened here in a
 * way that still distinguishes slots.
 */
public final class HolderName {
  private static final int LONGEST = 63;
  private static final int LONGEST_SLOT = 40;
  private static final int KEPT = 31; // and a mark that no slot's name has, and 8 digits

  private HolderName() {}

  /** The server's name is cut where both do not fit. */
  static String of(String server, SlotName slot) {
    String end = end(slot);
    String ascii = server.replaceAll("[^ -~]", "?"); // as PostgreSQL does, for each of their bytes
    return ascii.substring(0, Math.min(ascii.length(), LONGEST - end.length())) + end;
  }

  /** The end of the name, which only this slot has. */
  public static String end(SlotName slot) {
    String name = slot.value();
    return "/"
        + (name.length() <= LONGEST_SLOT
            ? name
            : String.format(Locale.ROOT, "%s~%08x", name.substring(0, KEPT), name.hashCode()));
  }
}
