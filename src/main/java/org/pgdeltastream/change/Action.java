package org.pgdeltastream.change;

/** What happens to a table. */
public enum Action {
  INSERT,
  UPDATE,
  DELETE,
  TRUNCATE
}
