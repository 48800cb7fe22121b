package org.pgdeltastream.journal.shared;

import java.io.Closeable;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.pgdeltastream.change.Lsn;

/** Reads a log, also what is not committed. For one thread. */
public interface LogReader extends Closeable {
  /**
   * Goes to where so much can be read: not older than this, nor more WAL than that; but at least
   * the last record.
   *
   * @return the record that comes next; empty if the log is empty
   */
  Optional<RecordHeader> seek(Duration mostAge, long mostBytes) throws LogException;

  /**
   * Goes to a record behind which everything stands that ends after this position.
   *
   * @return false if that was removed
   */
  boolean seek(Lsn after) throws LogException;

  /** The first record that begins something, for who reads from the start; its place is kept. */
  Optional<RecordHeader> first() throws LogException;

  /** The next records; none if none comes within the time. */
  List<LogRecord> poll(Duration limit) throws LogException;

  /** How many records there are behind the last one that was read; -1 if that is not known. */
  long behind();

  /**
   * Asks for the log.
   *
   * @throws LogException if nobody answers
   */
  void check() throws LogException;

  @Override
  void close();
}
