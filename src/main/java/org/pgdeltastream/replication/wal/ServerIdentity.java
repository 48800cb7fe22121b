package org.pgdeltastream.replication.wal;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgdeltastream.change.Lsn;

/**
 * Which database cluster, which timeline of it, and which database. Source: manual,
 * IDENTIFY_SYSTEM.
 *
 * @param ancestors where each timeline ended from which this one comes, as far as that is known
 */
public record ServerIdentity(
    String systemId, int timeline, String database, Map<Integer, Lsn> ancestors) {
  private static final Pattern ENTRY =
      Pattern.compile("^\\s*(\\d+)\\s+([0-9A-F]+/[0-9A-F]+)", Pattern.MULTILINE);

  public ServerIdentity {
    ancestors = Map.copyOf(ancestors);
  }

  /** Reads a timeline's history. Source: manual, TIMELINE_HISTORY; {@code timeline.c}. */
  static Map<Integer, Lsn> ancestors(String history) {
    Map<Integer, Lsn> ends = new HashMap<>();
    for (Matcher found = ENTRY.matcher(history); found.find(); ) {
      ends.put(Integer.valueOf(found.group(1)), Lsn.parse(found.group(2)));
    }
    return ends;
  }
}
