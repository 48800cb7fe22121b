package org.pgdeltastream.slot;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where pgoutput's messages are meant to differ from wal2json's; contract.md has the list. */
final class KnownDifferences {
  private static final Pattern TRUNCATE =
      Pattern.compile(
          ",?\\{\"kind\":\"truncate\",(?:\"schema\":\"[^\"]*\",)?\"table\":\"[^\"]*\"\\}");

  private static final Pattern POSITION_LAST =
      Pattern.compile(
          "\\{(\"xid\":\\d+,)?((?:\"timestamp\":\"[^\"]*\",)?(?:\"origin\":\\d+,)?\"change\":.*\\]),"
              + "(\"nextlsn\":\"[^\"]*\")\\}");

  private KnownDifferences() {}

  /** What wal2json wrote, as pgoutput can say it. */
  static List<String> oracle(List<String> wal2json) {
    List<String> texts = new ArrayList<>();
    for (String text : wal2json) {
      boolean end = text.startsWith("{\"action\":\"C\"");
      int last = texts.size() - 1;
      if (isEmpty(text)) {
        continue; // pgoutput says nothing of a transaction without a change
      }
      if (end && last >= 0 && texts.get(last).startsWith("{\"action\":\"B\"")) {
        texts.remove(last);
        continue;
      }
      texts.add(withoutPositionAtBegin(text));
    }
    return texts;
  }

  /** What pgoutput said, as wal2json's format 1 can say it. */
  static List<String> ours(List<String> pgoutput) {
    return pgoutput.stream()
        .map(KnownDifferences::positionFirst)
        .map(KnownDifferences::withoutTruncates)
        .filter(text -> !isEmpty(text))
        .toList();
  }

  private static boolean isEmpty(String message) {
    return message.endsWith("\"change\":[]}");
  }

  /** PostgreSQL tells pgoutput the end of a transaction only at its end. */
  private static String withoutPositionAtBegin(String wal2json) {
    return wal2json.startsWith("{\"action\":\"B\"")
        ? wal2json.replaceFirst(",\"nextlsn\":\"[^\"]*\"", "")
        : wal2json;
  }

  /** Above the fragment bound the position is known last. */
  private static String positionFirst(String pgoutput) {
    Matcher large = POSITION_LAST.matcher(pgoutput);
    if (!large.matches()) {
      return pgoutput;
    }
    String xid = large.group(1) == null ? "" : large.group(1);
    return "{" + xid + large.group(3) + "," + large.group(2) + "}";
  }

  /** A TRUNCATE is lost in wal2json's format 1. */
  private static String withoutTruncates(String pgoutput) {
    return TRUNCATE.matcher(pgoutput).replaceAll("").replace("\"change\":[,{", "\"change\":[{");
  }
}
