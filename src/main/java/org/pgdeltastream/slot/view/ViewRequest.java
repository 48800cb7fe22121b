package org.pgdeltastream.slot.view;

import java.util.Map;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.filter.Condition;

/**
 * What a subscriber asks to be shown, as it was written: nothing is known of the tables yet.
 *
 * @param rows of these tables no others
 */
public record ViewRequest(ChangeOptions changes, Map<TableName, Condition> rows) {
  public ViewRequest {
    rows = Map.copyOf(rows);
  }

  /** All rows. */
  public ViewRequest(ChangeOptions changes) {
    this(changes, Map.of());
  }
}
