package org.pgdeltastream.change;

/** Counts changes on their way to a client; called for each, by the thread that decodes. */
public interface ChangeTally {
  /** Counts nothing. */
  ChangeTally NONE = new ChangeTally() {};

  /** A change that the client wants. It counts once its transaction was sent. */
  default void change(Action action) {}

  /** The same for a logical message. */
  default void message() {}

  /** A change that the client does not want. */
  default void filtered() {}

  /** A heartbeat, which is no change. */
  default void heartbeat(String content) {}
}
