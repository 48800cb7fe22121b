package org.pgdeltastream.slot.board;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalDouble;
import org.pgdeltastream.replication.ServerState;
import org.pgdeltastream.replication.SlotState;

/**
 * What PostgreSQL said at a moment.
 *
 * @param asOf when it said so
 * @param stale it does not answer any more; this is the last that it said
 * @param walBytesPerSecond how quickly it has written lately, up to ten minutes; empty before a
 *     second look
 */
public record BoardLook(
    ServerState server, Instant asOf, boolean stale, OptionalDouble walBytesPerSecond) {
  /** The slot of this name; empty if there is none. */
  public Optional<SlotState> slot(String name) {
    return server.slots().stream().filter(slot -> slot.row().name().equals(name)).findFirst();
  }

  BoardLook asStale() {
    return new BoardLook(server, asOf, true, walBytesPerSecond);
  }
}
