package org.pgdeltastream.feed.log;

import org.pgdeltastream.change.Lsn;

/**
 * All that ends up to the position stands before there.
 *
 * @param end in the log
 */
public record Mark(Lsn position, long end) {}
