package org.pgdeltastream.client;

import java.util.Optional;
import java.util.regex.Pattern;

/** Positions as text: an LSN, or a feed's position, which ends with one. */
final class Positions {
  private static final Pattern LSN = Pattern.compile("\\p{XDigit}{1,8}/\\p{XDigit}{1,8}");

  private Positions() {}

  /** The LSN at the end. */
  static String lsnOf(String position) {
    return position.substring(position.lastIndexOf('.') + 1);
  }

  static boolean isLsn(String text) {
    return LSN.matcher(text).matches();
  }

  /** Whether the first is at or before the second. False where one is a word, such as "now". */
  static boolean isReached(String position, String by) {
    String lsn = lsnOf(position);
    String other = lsnOf(by);
    return isLsn(lsn) && isLsn(other) && Long.compareUnsigned(number(lsn), number(other)) <= 0;
  }

  private static long number(String lsn) {
    int slash = lsn.indexOf('/');
    long high = Long.parseLong(lsn.substring(0, slash), 16);
    return high << 32 | Long.parseLong(lsn.substring(slash + 1), 16);
  }

  /**
   * The end of the transaction, if this message is its end. Of a transaction in several messages
   * (format 2) only {@code C} is; wal2json may write {@code nextlsn} into {@code B} too.
   */
  static Optional<String> nextLsn(String message) {
    return JsonText.member(message, "nextlsn")
        .map(JsonText::string)
        .filter(Positions::isLsn)
        .filter(
            lsn -> JsonText.member(message, "action").filter(a -> !a.equals("\"C\"")).isEmpty());
  }
}
