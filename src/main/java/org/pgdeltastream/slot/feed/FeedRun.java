package org.pgdeltastream.slot.feed;

import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.replication.WalsenderState;
import org.pgdeltastream.slot.upstream.Ending;
import org.pgdeltastream.slot.upstream.StreamLife;
import org.pgdeltastream.slot.upstream.Upstream;

/**
 * A feed's reader while it runs, for those who check it.
 *
 * @param isOnStandby whether its connection began on a standby
 */
public record FeedRun(StreamLife life, Upstream upstream, BooleanSupplier isOnStandby) {
  /** For the reporter, several times a second: ends the wait for a PostgreSQL that is away. */
  public void check() {
    upstream.reportWhileSending();
    upstream.heldTooLong().ifPresent(this::end);
  }

  /** For the reporter, every second. */
  public void checkUpstream(IntFunction<WalsenderState> stateOf) {
    upstream.checkSilence(stateOf);
  }

  /** For the reporter: PostgreSQL shuts down. */
  public void cutUpstream() {
    upstream.cut();
  }

  /**
   * For the reporter: PostgreSQL is no standby. If it was one when it was reached, it was promoted
   * since, and perhaps without what the feed has read: another connection shows it.
   */
  public void leaveStandby() {
    if (isOnStandby.getAsBoolean()) {
      upstream.cut();
    }
  }

  /** For the reporter: the publications that there are, by name. */
  public void checkPublications(Map<String, Long> present) {
    upstream
        .guard()
        .flatMap(guard -> guard.broken(present))
        .ifPresent(detail -> end(Ending.of(CloseReason.CANNOT_DECODE, detail)));
  }

  /** What it does, in a word. */
  String state() {
    return life.state().name().toLowerCase(Locale.ROOT);
  }

  void end(Ending why) {
    life.end(why);
    upstream.stop();
  }
}
