/**
 * Finished bytes of a feed: messages framed for a transport, one log for each view, and the
 * positions in it that clients go on from.
 */
@NullMarked
package org.pgdeltastream.feed.log;

import org.jspecify.annotations.NullMarked;
