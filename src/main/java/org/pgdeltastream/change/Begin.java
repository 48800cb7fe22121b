package org.pgdeltastream.change;

/**
 * The start of a transaction.
 *
 * @param commitLsn start of the commit record ("final LSN" in the manual)
 * @param commitTime microseconds since 2000-01-01 UTC
 * @param xid transaction number, unsigned 32 bits
 */
public record Begin(Lsn commitLsn, long commitTime, long xid) {}
