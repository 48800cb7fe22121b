package org.pgdeltastream.slot.stream;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.delivery.CloseReason;

/**
 * One slot as PostgreSQL and this server see it.
 *
 * @param client whom this server streams it to
 * @param inactiveSince since when nobody streams it; empty while somebody does
 * @param failover whether standbys get it too
 * @param spilledBytes what decoding has written to disk since the statistics were reset
 */
public record SlotReport(
    SlotName name,
    String plugin,
    List<String> publications,
    boolean active,
    Optional<Client> client,
    Optional<Lsn> restartLsn,
    Optional<Lsn> confirmedFlush,
    Wal wal,
    Optional<Instant> inactiveSince,
    boolean failover,
    long spilledBytes,
    Optional<OpenSnapshot> snapshot,
    Optional<LastClose> lastClose,
    long acksIgnored,
    List<String> warnings,
    Optional<Guard> guard,
    Seen seen) {
  public SlotReport {
    publications = List.copyOf(publications);
    warnings = List.copyOf(warnings);
  }

  /**
   * The WAL that PostgreSQL keeps for it. Source: manual, "pg_replication_slots".
   *
   * @param lagBytes from the confirmed position to the newest
   * @param safeBytes how much more can be written before it may lose its WAL; empty without a limit
   * @param limitBytes {@code max_slot_wal_keep_size}; empty for none
   */
  public record Wal(
      long lagBytes,
      long retainedBytes,
      OptionalLong safeBytes,
      OptionalLong limitBytes,
      Optional<String> status,
      Optional<String> invalidationReason) {}

  /**
   * What the guard's rules say of it.
   *
   * @param rule the strongest that holds; empty if none does
   * @param state {@code ok}, {@code warned}, {@code acting}, or {@code held} where something
   *     hinders an action
   * @param detail a sentence with all figures
   * @param fullIn when it reaches PostgreSQL's limit; empty if that is not known, or never
   */
  public record Guard(
      Optional<String> rule,
      String state,
      Optional<Instant> since,
      Optional<String> detail,
      Optional<Duration> fullIn,
      Optional<GuardAction> lastAction) {}

  /** What the guard did to it last. */
  public record GuardAction(String action, String rule, Instant at, long keptBytes) {}

  /**
   * When PostgreSQL said so.
   *
   * @param stale it does not answer any more
   */
  public record Seen(Instant at, boolean stale) {}

  /** The snapshot while it is open, and how many transactions it holds back from vacuum. */
  public record OpenSnapshot(Instant expires, long xidsHeld) {}

  /**
   * Why the last client of this slot was closed, or with what code and reason it closed.
   *
   * @param reason ours; empty if the client closed
   */
  public record LastClose(Optional<CloseReason> reason, int clientCode, String detail, Instant at) {
    public LastClose(CloseReason reason, String detail, Instant at) {
      this(Optional.of(reason), 0, detail, at);
    }
  }

  /** What a client was sent and has yet to acknowledge. */
  public record Unacknowledged(int transactions, long bytes) {}

  /** The client that this server streams the slot to. */
  public record Client(String address, Instant since) {}
}
