package org.pgdeltastream.change;

/** What a tuple says about one column. Unchanged is not null: the value was not sent. */
public enum ValueKind {
  NULL,
  TEXT,
  UNCHANGED_TOAST
}
