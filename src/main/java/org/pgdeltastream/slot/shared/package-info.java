/**
 * Feeds whose log several servers share: one server reads the slot and writes the log, each reads
 * it. Which one leads is decided by PostgreSQL: the one that streams the slot.
 */
@NullMarked
package org.pgdeltastream.slot.shared;

import org.jspecify.annotations.NullMarked;
