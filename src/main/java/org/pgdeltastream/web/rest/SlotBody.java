package org.pgdeltastream.web.rest;

import jakarta.json.bind.annotation.JsonbPropertyOrder;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.slot.stream.SlotReport;
import org.pgdeltastream.web.socket.CloseCodes;

/** One slot as a client sees it; what is null is left out. */
@JsonbPropertyOrder({
  "slotName",
  "plugin",
  "publications",
  "active",
  "client",
  "restartLsn",
  "confirmedFlushLsn",
  "lagBytes",
  "walStatus",
  "snapshot",
  "lastClose",
  "acksIgnored",
  "warnings"
})
public record SlotBody(
    String slotName,
    String plugin,
    List<String> publications,
    boolean active,
    @Nullable Client client,
    @Nullable String restartLsn,
    @Nullable String confirmedFlushLsn,
    long lagBytes,
    @Nullable String walStatus,
    Snapshot snapshot,
    @Nullable LastClose lastClose,
    long acksIgnored,
    List<String> warnings) {

  /** Whether the slot's snapshot can be read, until when, and what it costs. */
  @JsonbPropertyOrder({"state", "expires", "xidsHeld"})
  public record Snapshot(String state, @Nullable String expires, @Nullable Long xidsHeld) {
    static Snapshot of(Optional<SlotReport.OpenSnapshot> snapshot) {
      return snapshot
          .map(open -> new Snapshot("open", open.expires().toString(), open.xidsHeld()))
          .orElse(new Snapshot("closed", null, null));
    }
  }

  /** Who streams the slot through this server. */
  @JsonbPropertyOrder({"address", "since"})
  public record Client(String address, String since) {
    static Client of(SlotReport.Client client) {
      return new Client(client.address(), client.since().toString());
    }
  }

  /** Why the last client was closed; by whom, if not by us. */
  @JsonbPropertyOrder({"code", "reason", "by", "at"})
  public record LastClose(int code, String reason, @Nullable String by, String at) {
    static LastClose of(SlotReport.LastClose close) {
      String at = close.at().toString();
      return close
          .reason()
          .map(
              reason ->
                  new LastClose(
                      CloseCodes.code(reason), CloseCodes.text(reason, close.detail()), null, at))
          .orElseGet(() -> new LastClose(close.clientCode(), close.detail(), "client", at));
    }
  }

  static SlotBody of(SlotReport slot) {
    return new SlotBody(
        slot.name().value(),
        slot.plugin(),
        slot.publications(),
        slot.active(),
        slot.client().map(Client::of).orElse(null),
        slot.restartLsn().map(Lsn::toString).orElse(null),
        slot.confirmedFlush().map(Lsn::toString).orElse(null),
        slot.lagBytes(),
        slot.walStatus().orElse(null),
        Snapshot.of(slot.snapshot()),
        slot.lastClose().map(LastClose::of).orElse(null),
        slot.acksIgnored(),
        slot.warnings());
  }
}
