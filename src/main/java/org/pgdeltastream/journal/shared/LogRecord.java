package org.pgdeltastream.journal.shared;

/** One record, and where it stands in the log. */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record LogRecord(RecordHeader header, byte[] body, long offset) {}
