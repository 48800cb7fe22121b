/** Snapshots as leases, and the pages and whole tables that are read under them. */
@NullMarked
package org.pgdeltastream.slot.lease;

import org.jspecify.annotations.NullMarked;
