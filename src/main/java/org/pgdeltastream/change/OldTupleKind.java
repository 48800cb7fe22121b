package org.pgdeltastream.change;

/** What the log kept of the row before the change; the table's replica identity decides which. */
public enum OldTupleKind {
  NONE,
  KEY,
  FULL
}
