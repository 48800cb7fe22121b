package org.pgdeltastream.feed.log;

import org.jspecify.annotations.Nullable;

/** Framed bytes that a subscriber is given before changes; another thread reads them for it. */
public interface Rows {
  /**
   * The next, for the subscriber's writer alone. Null if they are yet to be read, which is asked
   * for then, or if there are no more. Never waits.
   */
  byte @Nullable [] take();

  /** Whether a message goes on behind what was taken last. */
  boolean isInside();
}
