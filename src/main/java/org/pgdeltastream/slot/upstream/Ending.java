package org.pgdeltastream.slot.upstream;

import java.util.Optional;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.delivery.CloseReason;

/**
 * Why a stream ends; without a reason the client has gone by itself.
 *
 * @param clientCode with what code the client closed, 1006 for none; 0 if it was closed by us
 */
public record Ending(Optional<CloseReason> reason, int clientCode, String detail) {
  private static final int NO_WORD = 1006; // RFC 6455, section 7.4.1: never sent

  public static Ending of(CloseReason reason, String detail) {
    return new Ending(Optional.of(reason), 0, detail);
  }

  /** The client's connection has ended without a close frame. */
  public static Ending byItself() {
    return byClient(NO_WORD, "the connection ended without a close");
  }

  /** For the log. */
  @Override
  public String toString() {
    if (clientCode == 0) {
      return detail;
    }
    return clientCode == NO_WORD
        ? "the client has gone: " + detail
        : "the client closed with " + clientCode + (detail.isEmpty() ? "" : " '" + detail + "'");
  }

  /** The client closed, with a reason of its own. */
  public static Ending byClient(int code, String detail) {
    return new Ending(Optional.empty(), code, Shown.of(detail));
  }
}
