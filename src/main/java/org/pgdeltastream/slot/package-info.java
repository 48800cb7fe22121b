/**
 * The life of a slot: registry, pipeline, leases, limits, settings. The hallway that joins all
 * rooms; holds the one EJB, {@link org.pgdeltastream.slot.SlotManager}. Only {@code web} calls it.
 */
@NullMarked
package org.pgdeltastream.slot;

import org.jspecify.annotations.NullMarked;
