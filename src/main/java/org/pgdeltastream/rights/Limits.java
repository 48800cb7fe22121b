package org.pgdeltastream.rights;

/**
 * What one bearer may use at the same time.
 *
 * @param connections to feeds
 * @param views different selections
 * @param snapshotBytes of the rows that it begins with
 */
public record Limits(int connections, int views, long snapshotBytes) {
  /** As much as the server has. */
  public static final Limits NONE =
      new Limits(Integer.MAX_VALUE, Integer.MAX_VALUE, Long.MAX_VALUE);
}
