package org.pgdeltastream.replication;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import org.pgdeltastream.change.Lsn;

/**
 * A PostgreSQL server at one moment.
 *
 * @param version as it names itself, {@code 15.4 (Debian …)}
 * @param walPosition what it has written; a standby, what it has received
 * @param walLimitBytes {@code max_slot_wal_keep_size}; empty for none, and before version 13
 * @param slots all lasting slots, by name
 * @param xidsHeld how many transactions each backend's snapshot holds back from vacuum, by process
 */
public record ServerState(
    String version,
    boolean standby,
    Lsn walPosition,
    OptionalLong walLimitBytes,
    int slotsUsed,
    int mostSlots,
    int walsendersUsed,
    int mostWalsenders,
    OldestTransaction oldest,
    List<SlotState> slots,
    Map<Integer, Long> xidsHeld) {
  public ServerState {
    slots = List.copyOf(slots);
    xidsHeld = Map.copyOf(xidsHeld);
  }

  /** The same with each slot changed. */
  public ServerState withSlots(UnaryOperator<SlotState> change) {
    return new ServerState(
        version,
        standby,
        walPosition,
        walLimitBytes,
        slotsUsed,
        mostSlots,
        walsendersUsed,
        mostWalsenders,
        oldest,
        slots.stream().map(change).toList(),
        xidsHeld);
  }

  /**
   * The transactions that logical decoding and new slots wait for.
   *
   * @param seconds since when the oldest that writes is open; 0 for none
   * @param process its backend; 0 for none
   * @param preparedSeconds since when the oldest prepared one waits; 0 for none
   */
  public record OldestTransaction(long seconds, int process, long preparedSeconds) {}
}
