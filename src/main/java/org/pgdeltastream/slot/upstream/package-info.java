/**
 * From a slot to the decoder, for any receiver: checks the slot, connects, connects again after a
 * loss, keeps our publications in step.
 */
@NullMarked
package org.pgdeltastream.slot.upstream;

import org.jspecify.annotations.NullMarked;
