package org.pgdeltastream.change;

/**
 * The start of a transaction.
 *
 * @param commitLsn start of the commit record ("final LSN" in the manual)
 * @param commitTime microseconds since 2000-01-01 UTC
 * @param xid transaction number, unsigned 32 bits
 * @param origin name of the replication origin it came from, empty if it was made here
 */
public record Begin(Lsn commitLsn, long commitTime, long xid, String origin) {
  public Begin(Lsn commitLsn, long commitTime, long xid) {
    this(commitLsn, commitTime, xid, "");
  }

  /** The same, made elsewhere. */
  public Begin from(String originName) {
    return new Begin(commitLsn, commitTime, xid, originName);
  }
}
