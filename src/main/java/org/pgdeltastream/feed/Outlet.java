package org.pgdeltastream.feed;

import java.io.IOException;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.log.FrameLog;

/**
 * The way to one subscriber's client. Only its {@link Writer}'s thread calls it, and no call waits:
 * after a no of {@link #isReady} the transport calls {@link FeedSubscriber#ready}.
 */
public interface Outlet {
  /** Whether it takes bytes now. */
  boolean isReady();

  /** Takes bytes of a {@link FrameLog}, all of them; does not keep the array. */
  void write(byte[] bytes, int start, int length) throws IOException;

  /** Hands on what it took; only while {@link #isReady}. */
  void flush() throws IOException;

  /** Asks an idle client for a sign of life, or keeps a proxy from closing; between messages. */
  void ping() throws IOException;

  /** Whether clients answer a {@link #ping}. */
  boolean isAnswered();

  /** Everything there is now was written, up to this position: no transaction is open. */
  default void caughtUp(Lsn position) throws IOException {}

  /** Called every second. */
  default void check() throws IOException {}

  /**
   * Tells the client why it ends; between messages, while {@link #isReady}.
   *
   * @return whether it has ended; if not, the client is to answer, and is cut after a moment
   */
  boolean end(CloseReason reason, String detail) throws IOException;

  /** Cuts the connection. */
  void cut();
}
