/**
 * From a slot to the decoder, whoever listens: checks the slot, connects, connects again after a
 * loss, keeps our publications in step.
 */
@NullMarked
package org.pgdeltastream.slot.upstream;

import org.jspecify.annotations.NullMarked;
