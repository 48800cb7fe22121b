/** Who may follow feeds: how many, and only as long as their tokens and their rights last. */
@NullMarked
package org.pgdeltastream.slot.admission;

import org.jspecify.annotations.NullMarked;
