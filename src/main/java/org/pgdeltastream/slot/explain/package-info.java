/** Why a row is shown to who follows a feed, or is not. */
@NullMarked
package org.pgdeltastream.slot.explain;

import org.jspecify.annotations.NullMarked;
