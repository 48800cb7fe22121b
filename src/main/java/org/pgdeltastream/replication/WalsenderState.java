package org.pgdeltastream.replication;

/** What a walsender is seen to do over another connection. */
public enum WalsenderState {
  /** It waits for its client, or for WAL: whoever hears nothing of it is cut off. */
  WAITING,
  /** It reads, decodes, or is hindered by something of PostgreSQL's own. */
  BUSY,
  /** PostgreSQL has no such process. */
  GONE,
  /** PostgreSQL does not answer. */
  UNKNOWN
}
