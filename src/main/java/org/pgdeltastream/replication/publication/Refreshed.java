package org.pgdeltastream.replication.publication;

import java.util.List;

/**
 * The result of a check of our publications.
 *
 * @param gaps changes that tables may lack which are published only from now on
 * @param leftOut what is not published, and why
 * @param isSettled the next check has nothing left to do
 */
public record Refreshed(List<String> gaps, List<String> leftOut, boolean isSettled) {
  public Refreshed {
    gaps = List.copyOf(gaps);
    leftOut = List.copyOf(leftOut);
  }
}
