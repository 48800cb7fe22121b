package org.pgdeltastream.change;

/** A message written with {@code pg_logical_emit_message}; the content is a copy. */
public record LogicalMessage(boolean transactional, Lsn lsn, String prefix, String content) {}
