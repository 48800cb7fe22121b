/** What subscribers ask to be shown of a feed, checked with what PostgreSQL knows. */
@NullMarked
package org.pgdeltastream.slot.view;

import org.jspecify.annotations.NullMarked;
