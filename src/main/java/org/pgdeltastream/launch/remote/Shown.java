package org.pgdeltastream.launch.remote;

/** What others wrote, for a terminal. */
final class Shown {
  private Shown() {}

  /** One line: what could move the cursor or turn the direction is escaped as in JSON. */
  static String text(String text) {
    StringBuilder shown = new StringBuilder(text.length());
    text.chars()
        .forEach(
            c -> {
              int type = Character.getType((char) c);
              if (type == Character.CONTROL
                  || type == Character.FORMAT
                  || type == Character.LINE_SEPARATOR
                  || type == Character.PARAGRAPH_SEPARATOR) {
                shown.append("\\u%04x".formatted(c));
              } else {
                shown.append((char) c);
              }
            });
    return shown.toString();
  }

  /** Bytes for people: {@code 12 MB}. */
  static String bytes(long bytes) {
    String[] units = {"B", "KB", "MB", "GB", "TB"};
    int unit = 0;
    long shown = bytes;
    while (shown >= 10_000 && unit < units.length - 1) {
      shown = (shown + 512) / 1024;
      unit++;
    }
    return "%,d %s".formatted(shown, units[unit]);
  }
}
