package org.pgdeltastream.slot.explain;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Why a table's row is shown, or is not.
 *
 * @param isThere whether PostgreSQL has the row now
 * @param view what was asked for
 * @param rights what a role shows, whatever was asked for
 */
public record Explanation(boolean isThere, Part view, Optional<Part> rights) {
  /**
   * What shows the row, or does not.
   *
   * @param isTold whether changes of the table are told at all
   * @param actions those that are told
   * @param filter the condition, with its constants as PostgreSQL spells them; empty: all rows
   * @param sql the same as SQL
   * @param isSelected what it says of the row; empty: unknown, or there is none
   * @param comparisons what each says: {@code true}, {@code false} or {@code null}
   * @param why nothing is told, or who asks so is refused
   */
  public record Part(
      boolean isTold,
      List<String> actions,
      Optional<String> filter,
      Optional<String> sql,
      Optional<Boolean> isSelected,
      Map<String, String> comparisons,
      Optional<String> why) {}
}
