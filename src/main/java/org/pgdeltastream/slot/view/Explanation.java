package org.pgdeltastream.slot.view;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Why a table's row is shown to a subscriber, or is not.
 *
 * @param isTold whether changes of the table are told at all
 * @param isThere whether PostgreSQL has the row now
 * @param filter the condition, with its constants as PostgreSQL spells them; empty: all rows
 * @param sql the same as SQL
 * @param isSelected what it says of the row; empty: unknown, or there is none
 * @param parts what each comparison says: {@code true}, {@code false} or {@code null}
 * @param actions those that are told
 */
public record Explanation(
    boolean isTold,
    boolean isThere,
    Optional<String> filter,
    Optional<String> sql,
    Optional<Boolean> isSelected,
    Map<String, String> parts,
    List<String> actions) {}
