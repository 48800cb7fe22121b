/**
 * Reads one slot's WAL: by its walsender, and by queries on copies of the slot where it has missed
 * much (decision 0012). Reports positions.
 */
@NullMarked
package org.pgdeltastream.replication.wal;

import org.jspecify.annotations.NullMarked;
