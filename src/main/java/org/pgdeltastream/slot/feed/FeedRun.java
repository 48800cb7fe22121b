package org.pgdeltastream.slot.feed;

import static java.lang.System.Logger.Level.ERROR;

import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.delivery.StreamCounts;
import org.pgdeltastream.replication.WalsenderState;
import org.pgdeltastream.replication.connection.OpenSockets;
import org.pgdeltastream.slot.upstream.Ending;
import org.pgdeltastream.slot.upstream.KnownSlot;
import org.pgdeltastream.slot.upstream.StreamLife;
import org.pgdeltastream.slot.upstream.StreamServices;
import org.pgdeltastream.slot.upstream.Upstream;

/**
 * A feed's reader while it runs, for those who check it.
 *
 * @param isOnStandby whether its connection began on a standby
 */
public record FeedRun(StreamLife life, Upstream upstream, BooleanSupplier isOnStandby) {
  private static final System.Logger LOG = System.getLogger(FeedRun.class.getName());

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

  /** Reads nothing yet. */
  static FeedRun of(
      KnownSlot slot, FeedReader reader, StreamServices services, StreamCounts counts) {
    OpenSockets sockets = new OpenSockets();
    StreamLife life = new StreamLife();
    Upstream upstream = new Upstream(slot, reader, life, services.within(sockets), sockets, counts);
    return new FeedRun(life, upstream, reader::isOnStandby);
  }

  /** Reads the slot over one upstream, until that cannot go on. */
  Ending run(Object feed) {
    Ending why = Ending.of(CloseReason.INTERNAL, "internal error");
    try {
      why = upstream.run();
    } catch (Throwable e) { // an Error too: the feed must go on
      LOG.log(ERROR, "The reader of " + feed + " failed", e);
    }
    life.end(why);
    life.ended();
    return why;
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
