/**
 * Asks PostgreSQL for everything but WAL: creates, lists and drops slots, exports snapshots, reads
 * what the catalog says of relations, detects a shutdown.
 */
@NullMarked
package org.pgdeltastream.replication;

import org.jspecify.annotations.NullMarked;
