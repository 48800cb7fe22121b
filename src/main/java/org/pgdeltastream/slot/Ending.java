package org.pgdeltastream.slot;

import java.util.Optional;
import org.pgdeltastream.delivery.CloseReason;

/** Why a stream ends; without a reason the client has gone by itself. */
record Ending(Optional<CloseReason> reason, String detail) {
  static Ending of(CloseReason reason, String detail) {
    return new Ending(Optional.of(reason), detail);
  }

  static Ending byItself(String detail) {
    return new Ending(Optional.empty(), detail);
  }
}
