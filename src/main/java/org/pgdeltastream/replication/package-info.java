/**
 * What this server asks of PostgreSQL besides reading WAL: creates, lists and drops slots, exports
 * snapshots, looks relations up, sees a shutdown.
 */
@NullMarked
package org.pgdeltastream.replication;

import org.jspecify.annotations.NullMarked;
