/**
 * Feeds: slots that this server itself reads, for any number of subscribers. Joins an upstream, the
 * journal of what it read, and the writers to the subscribers.
 */
@NullMarked
package org.pgdeltastream.slot.feed;

import org.jspecify.annotations.NullMarked;
