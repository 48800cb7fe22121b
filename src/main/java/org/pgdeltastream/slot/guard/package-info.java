/** The rules that warn of slots which keep much WAL, and act on them where they are told to. */
@NullMarked
package org.pgdeltastream.slot.guard;

import org.jspecify.annotations.NullMarked;
