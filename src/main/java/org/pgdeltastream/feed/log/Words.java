package org.pgdeltastream.feed.log;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** What a subscriber is to be told beside the changes, between two messages. For any thread. */
public final class Words {
  private final ArrayDeque<byte[]> messages = new ArrayDeque<>(); // few
  private boolean hasBegun; // there was a message
  private byte @Nullable [] notice; // the newest
  private byte @Nullable [] answer; // to the newest ping

  public synchronized void add(byte[] message) {
    hasBegun = true;
    messages.add(message);
  }

  /** After the first message, whenever that comes; instead of an earlier one that was not given. */
  public synchronized void notice(byte[] message) {
    notice = message;
  }

  /** Instead of an earlier answer that was not given yet. */
  public synchronized void answer(byte[] pong) {
    answer = pong;
  }

  public synchronized boolean isEmpty() {
    return messages.isEmpty() && answer == null && !(hasBegun && notice != null);
  }

  /** The next; null if there is none. */
  public synchronized byte @Nullable [] take() {
    byte[] next = messages.poll();
    if (next == null && hasBegun) {
      next = notice;
      notice = null;
    }
    if (next == null) {
      next = answer;
      answer = null;
    }
    return next;
  }
}
