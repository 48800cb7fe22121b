package org.pgdeltastream.slot.upstream;

import java.time.Duration;
import java.util.function.Supplier;
import org.pgdeltastream.replication.WalsenderState;

/**
 * Distinguishes a dead connection to PostgreSQL from a busy one. A walsender may say nothing for
 * minutes while it decodes. If it was asked for a sign of life, gives none and yet waits for its
 * client, the connection is dead. For the reporter, which checks every second.
 */
final class SilenceCheck {
  private static final Duration SILENCE = Duration.ofSeconds(10);
  private static final int CHECKS = 3;

  private int seen;

  /** Whether to cut a connection that is silent for so long. Asks PostgreSQL only if needed. */
  boolean isDead(Duration silence, Supplier<WalsenderState> state) {
    if (silence.compareTo(SILENCE) < 0) {
      seen = 0;
      return false;
    }
    return switch (state.get()) {
      case GONE, UNKNOWN -> true;
      case BUSY -> {
        seen = 0;
        yield false;
      }
      case WAITING -> {
        seen++;
        yield seen >= CHECKS;
      }
    };
  }
}
