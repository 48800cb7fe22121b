package org.pgdeltastream.client;

import java.util.Optional;

/**
 * Where a program keeps its position, so that it goes on there after a new start: a file, a row of
 * its database. If the position is saved in the transaction that also applies the message, each
 * change takes effect exactly once.
 */
public interface PositionStore {
  /** The last position that was saved; asked once, when the stream is opened. */
  Optional<String> load();

  /**
   * Everything up to this position is done. Called by {@link DeltaStream#acknowledge}, in its
   * thread, before the server is told; what it throws, acknowledge throws.
   */
  void save(String position);
}
