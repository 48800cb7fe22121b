package org.pgdeltastream.change;

/** The options of a TRUNCATE. */
public record TruncateOptions(boolean cascade, boolean restartIdentity) {}
