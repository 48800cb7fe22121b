package org.pgdeltastream.replication;

/** What another connection sees a walsender do. */
public enum WalsenderState {
  /** It waits for its client, or for WAL: if the client gets nothing from it, it is cut off. */
  WAITING,
  /** It reads, decodes, or waits for something inside PostgreSQL. */
  BUSY,
  /** PostgreSQL has no such process. */
  GONE,
  /** PostgreSQL does not answer. */
  UNKNOWN
}
