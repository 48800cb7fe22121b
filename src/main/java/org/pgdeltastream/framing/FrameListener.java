package org.pgdeltastream.framing;

/** What a client's frames say. */
public interface FrameListener {
  /** A whole message. */
  void onText(String message);

  /** A ping; the payload goes back in a pong. */
  void onPing(byte[] payload);

  /** An answer to a ping of ours. */
  void onPong();

  /** The reason of the close frame that comes next. */
  default void onCloseReason(String reason) {}

  /**
   * A close frame; nothing after it is read.
   *
   * @param payload of the answer: its code, or nothing
   */
  void onClose(byte[] payload);
}
