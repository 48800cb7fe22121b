package org.pgdeltastream.replication.publication;

import java.util.List;

/**
 * What a look at our publications did.
 *
 * @param gaps what may be missing of tables that are published only from now on
 * @param leftOut what is not published, and why
 * @param isSettled nothing waits for the next look
 */
public record Refreshed(List<String> gaps, List<String> leftOut, boolean isSettled) {
  public Refreshed {
    gaps = List.copyOf(gaps);
    leftOut = List.copyOf(leftOut);
  }
}
