package org.pgdeltastream.change;

/**
 * The end of a transaction.
 *
 * @param commitLsn start of the commit record
 * @param endLsn the position just after it: the only one that a client may acknowledge
 * @param commitTime microseconds since 2000-01-01 UTC
 */
public record Commit(Lsn commitLsn, Lsn endLsn, long commitTime) {}
