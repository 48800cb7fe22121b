/**
 * What a table is under a snapshot: its columns and keys, its order, positions in it, and the SQL
 * that reads it. The SQL is built from catalog values only.
 */
@NullMarked
package org.pgdeltastream.snapshot.table;

import org.jspecify.annotations.NullMarked;
