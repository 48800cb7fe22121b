/**
 * What feeds' views need of PostgreSQL beside the slot: names and filters are checked, and
 * snapshots are read, once for all who ask for the same, and joined to the feed without a gap.
 */
@NullMarked
package org.pgdeltastream.slot.view;

import org.jspecify.annotations.NullMarked;
