package org.pgdeltastream.change;

import java.io.IOException;
import java.util.List;

/**
 * What a decoder finds, one call per message, in the order of the log. A tuple is a view of the
 * received bytes and ends with the call: a transaction is never held whole. Each call may throw
 * {@link IOException} when the client behind it is gone.
 */
public interface ChangeListener {
  void begin(Begin begin) throws IOException;

  void insert(Relation relation, Tuple newTuple) throws IOException;

  /** The old tuple has no values if {@code oldKind} is NONE. */
  void update(Relation relation, OldTupleKind oldKind, Tuple oldTuple, Tuple newTuple)
      throws IOException;

  void delete(Relation relation, OldTupleKind oldKind, Tuple oldTuple) throws IOException;

  void truncate(List<Relation> relations, TruncateOptions options) throws IOException;

  void message(LogicalMessage message) throws IOException;

  void commit(Commit commit) throws IOException;
}
