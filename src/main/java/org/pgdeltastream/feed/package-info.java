/**
 * Live feeds: one slot's changes for any number of subscribers. Each change is written once for all
 * who want it alike; a subscriber is a position in finished bytes. Has threads, but no I/O.
 */
@NullMarked
package org.pgdeltastream.feed;

import org.jspecify.annotations.NullMarked;
