package org.pgdeltastream.change;

/** Table setting that decides which old values are logged. Source: manual, "ALTER TABLE". */
public enum ReplicaIdentity {
  DEFAULT,
  INDEX,
  FULL,
  NOTHING
}
