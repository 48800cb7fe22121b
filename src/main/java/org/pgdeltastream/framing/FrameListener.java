package org.pgdeltastream.framing;

/** What a client's frames say. */
public interface FrameListener {
  /** A whole message. */
  void onText(String message);

  /** The client wants this back in a pong. */
  void onPing(byte[] payload);

  /** An answer to a ping of ours. */
  void onPong();

  /** The words of the close that comes next. */
  default void onCloseReason(String reason) {}

  /**
   * A close frame; nothing after it is read.
   *
   * @param payload what is said back to it: its code, or nothing
   */
  void onClose(byte[] payload);
}
