/** Serves the subscribers of a feed that are behind its logs: reads its journal once for all. */
@NullMarked
package org.pgdeltastream.slot.scan;

import org.jspecify.annotations.NullMarked;
