package org.pgdeltastream.slot.explain;

import org.pgdeltastream.change.TableName;
import org.pgdeltastream.filter.Condition;
import org.pgdeltastream.slot.view.ViewRequest;

/**
 * Whether a row is shown.
 *
 * @param view what a stream asks for
 * @param row finds the row
 */
public record Question(ViewRequest view, TableName table, Condition row) {}
