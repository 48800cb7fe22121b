package org.pgdeltastream.feed.log;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** What a subscriber is to be told beside the changes, between two messages. For any thread. */
public final class Words {
  private final ArrayDeque<byte[]> messages = new ArrayDeque<>(); // few
  private byte @Nullable [] answer; // to the newest ping

  public synchronized void add(byte[] message) {
    messages.add(message);
  }

  /** Instead of an earlier answer that was not given yet. */
  public synchronized void answer(byte[] pong) {
    answer = pong;
  }

  public synchronized boolean isEmpty() {
    return messages.isEmpty() && answer == null;
  }

  /** The next; null if there is none. */
  public synchronized byte @Nullable [] take() {
    byte[] next = messages.poll();
    if (next == null) {
      next = answer;
      answer = null;
    }
    return next;
  }
}
