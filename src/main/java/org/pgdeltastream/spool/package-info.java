/**
 * Messages that are written once and read by many, each at its own place, in temporary files.
 * Called by {@code slot.view}; knows nothing of PostgreSQL.
 */
@NullMarked
package org.pgdeltastream.spool;

import org.jspecify.annotations.NullMarked;
