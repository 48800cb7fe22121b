package org.pgdeltastream.slot.stream;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.delivery.CloseReason;

/** One slot as PostgreSQL and this server see it now. */
public record SlotReport(
    SlotName name,
    String plugin,
    List<String> publications,
    boolean active,
    Optional<Client> client,
    Optional<Lsn> restartLsn,
    Optional<Lsn> confirmedFlush,
    long lagBytes,
    Optional<String> walStatus,
    Optional<OpenSnapshot> snapshot,
    Optional<LastClose> lastClose,
    long acksIgnored,
    List<String> warnings) {
  public SlotReport {
    publications = List.copyOf(publications);
    warnings = List.copyOf(warnings);
  }

  /** A slot that this server does not stream. */
  public SlotReport(
      SlotName name,
      String plugin,
      List<String> publications,
      boolean active,
      Optional<Lsn> restartLsn,
      Optional<Lsn> confirmedFlush,
      long lagBytes,
      Optional<String> walStatus,
      Optional<OpenSnapshot> snapshot,
      Optional<LastClose> lastClose,
      long acksIgnored,
      List<String> warnings) {
    this(
        name,
        plugin,
        publications,
        active,
        Optional.empty(),
        restartLsn,
        confirmedFlush,
        lagBytes,
        walStatus,
        snapshot,
        lastClose,
        acksIgnored,
        warnings);
  }

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

  /** The client that this server streams the slot to. */
  public record Client(String address, Instant since) {}
}
