package org.pgdeltastream.change;

/** Counts changes on their way to a client; called for each, by the thread that decodes. */
public interface ChangeTally {
  /** Counts nothing. */
  ChangeTally NONE =
      new ChangeTally() {
        @Override
        public void change(Action action) {}

        @Override
        public void message() {}

        @Override
        public void filtered() {}

        @Override
        public void heartbeat(String content) {}
      };

  /** A change that the client wants. It counts once its transaction was sent. */
  void change(Action action);

  /** The same for a logical message. */
  void message();

  /** A change that the client does not want. */
  void filtered();

  /** A heartbeat, which is no change. */
  void heartbeat(String content);
}
