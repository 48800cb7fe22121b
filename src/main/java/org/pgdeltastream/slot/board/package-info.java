/** What PostgreSQL and its slots look like, read at most once a second for all who ask. */
@NullMarked
package org.pgdeltastream.slot.board;

import org.jspecify.annotations.NullMarked;
