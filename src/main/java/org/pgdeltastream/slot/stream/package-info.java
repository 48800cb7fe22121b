/** An exclusive stream: one slot, one client, which acknowledges. */
@NullMarked
package org.pgdeltastream.slot.stream;

import org.jspecify.annotations.NullMarked;
