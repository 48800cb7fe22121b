package org.pgdeltastream.slot.feed;

import java.util.Map;
import java.util.function.IntFunction;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.replication.WalsenderState;
import org.pgdeltastream.slot.upstream.Ending;
import org.pgdeltastream.slot.upstream.StreamLife;
import org.pgdeltastream.slot.upstream.Upstream;

/** A feed's reader while it runs, for those who check it. */
public record FeedRun(StreamLife life, Upstream upstream) {
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

  /** For the reporter: the publications that there are, by name. */
  public void checkPublications(Map<String, Long> present) {
    upstream
        .guard()
        .flatMap(guard -> guard.broken(present))
        .ifPresent(detail -> end(Ending.of(CloseReason.CANNOT_DECODE, detail)));
  }

  void end(Ending why) {
    life.end(why);
    upstream.stop();
  }
}
