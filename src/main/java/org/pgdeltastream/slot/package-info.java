/**
 * The slots' life from init to drop: registry, bounds, regular checks. Joins all other packages;
 * holds the one EJB, {@link org.pgdeltastream.slot.SlotManager}.
 */
@NullMarked
package org.pgdeltastream.slot;

import org.jspecify.annotations.NullMarked;
