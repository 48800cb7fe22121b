package org.pgdeltastream.change;

/** A message written with {@code pg_logical_emit_message}; the content is a copy. */
public record LogicalMessage(boolean transactional, Lsn lsn, String prefix, String content) {
  /** The prefix of the messages that this program writes, which no client is shown. */
  public static final String HEARTBEAT = "pgdeltastream";

  /** Whether this program wrote it, here or on another server. */
  public boolean isHeartbeat() {
    return !transactional && prefix.equals(HEARTBEAT);
  }
}
