package org.pgdeltastream.journal.shared;

import java.io.Closeable;

/** The leader's way to the log. For one thread. */
public interface LogWriter extends Closeable {
  /** Appends a record, perhaps later; waits only where much is on its way already. */
  void append(RecordHeader header, byte[] body) throws LogException;

  /** What was appended is in the log for good when this returns; may wait for seconds. */
  void commit() throws LogException;

  /** Forgets what was not committed, and does not wait. */
  @Override
  void close();
}
