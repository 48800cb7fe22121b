package org.pgdeltastream.web.rest;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.pgdeltastream.change.TableSummary;
import org.pgdeltastream.slot.NewSlot;
import org.pgdeltastream.slot.feed.FeedReport;
import org.pgdeltastream.slot.shared.SharedReport;
import org.pgdeltastream.slot.stream.SlotReport;
import org.pgdeltastream.web.socket.CloseCodes;

/** The answers' JSON objects: fields in the order given here; what is not known is left out. */
final class Bodies {
  private Bodies() {}

  /**
   * The answer about a slot just made.
   *
   * @param contextPath where the application lives; empty at the root
   */
  static Map<String, Object> init(NewSlot slot, String contextPath) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("slotName", slot.name().value());
    body.put("plugin", slot.plugin().sqlName());
    body.put("publications", slot.publications());
    body.put("consistentPoint", slot.consistentPoint().toString());
    body.put("snapshotExpires", slot.snapshotExpires().toString());
    body.put("stream", contextPath + streamPath(slot));
    body.put("warnings", slot.warnings());
    return body;
  }

  private static String streamPath(NewSlot slot) {
    String path = "/v1/lr/stream?slotName=" + slot.name();
    if (!slot.publicationsNamed()) {
      return path;
    }
    return path
        + "&publication="
        + URLEncoder.encode(String.join(",", slot.publications()), StandardCharsets.UTF_8)
            .replace("+", "%20")
            .replace("%2C", ",");
  }

  /** One slot as a client sees it. */
  static Map<String, Object> slot(SlotReport slot) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("slotName", slot.name().value());
    body.put("plugin", slot.plugin());
    body.put("publications", slot.publications());
    body.put("active", slot.active());
    slot.client().ifPresent(client -> body.put("client", client(client)));
    slot.restartLsn().ifPresent(lsn -> body.put("restartLsn", lsn.toString()));
    slot.confirmedFlush().ifPresent(lsn -> body.put("confirmedFlushLsn", lsn.toString()));
    putWal(body, slot.wal());
    slot.inactiveSince().ifPresent(since -> body.put("inactiveSince", since.toString()));
    body.put("failover", slot.failover());
    body.put("spilledBytes", slot.spilledBytes());
    body.put("snapshot", snapshot(slot.snapshot()));
    slot.lastClose().ifPresent(close -> body.put("lastClose", lastClose(close)));
    body.put("acksIgnored", slot.acksIgnored());
    body.put("warnings", slot.warnings());
    slot.guard().ifPresent(guard -> body.put("guard", guard(guard)));
    if (slot.seen().stale()) {
      body.put("stale", true);
      body.put("asOf", slot.seen().at().toString());
    }
    return body;
  }

  private static void putWal(Map<String, Object> body, SlotReport.Wal wal) {
    body.put("lagBytes", wal.lagBytes());
    body.put("retainedWalBytes", wal.retainedBytes());
    wal.safeBytes().ifPresent(bytes -> body.put("safeWalBytes", bytes));
    wal.limitBytes().ifPresent(bytes -> body.put("walLimitBytes", bytes));
    wal.status().ifPresent(status -> body.put("walStatus", status));
    wal.invalidationReason().ifPresent(why -> body.put("invalidationReason", why));
  }

  /** What the guard's rules say of the slot. */
  private static Map<String, Object> guard(SlotReport.Guard guard) {
    Map<String, Object> body = new LinkedHashMap<>();
    guard.rule().ifPresent(rule -> body.put("rule", rule));
    body.put("state", guard.state());
    guard.since().ifPresent(since -> body.put("since", since.toString()));
    guard.fullIn().ifPresent(time -> body.put("fullInSeconds", time.toSeconds()));
    guard
        .lastAction()
        .ifPresent(
            last -> {
              Map<String, Object> action = new LinkedHashMap<>();
              action.put("action", last.action());
              action.put("rule", last.rule());
              action.put("at", last.at().toString());
              action.put("keptWalBytes", last.keptBytes());
              body.put("lastAction", action);
            });
    return body;
  }

  /** One feed as a client sees it. */
  static Map<String, Object> feed(FeedReport feed) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("feed", feed.definition().name());
    body.put("slotName", feed.slotName().value());
    body.put("publications", feed.definition().publications());
    body.put("storage", feed.definition().storage().name().toLowerCase(Locale.ROOT));
    body.put("state", feed.state());
    body.put("position", feed.position().toString());
    body.put("oldest", feed.oldest().toString());
    body.put("subscribers", feed.subscribers());
    body.put("views", feed.views());
    body.put("receivedBytes", feed.receivedBytes());
    body.put("writes", feed.writes());
    body.put("sentBytes", feed.sentBytes());
    body.put("heldBytes", feed.heldBytes());
    body.put("lagBytes", feed.lagBytes());
    Map<String, Object> window = new LinkedHashMap<>();
    window.put("bytes", feed.definition().windowBytes());
    window.put("seconds", feed.definition().window().toSeconds());
    body.put("window", window);
    feed.shared().ifPresent(shared -> body.put("journal", journal(shared)));
    body.put("warnings", feed.warnings());
    feed.lastFailure().ifPresent(failure -> body.put("lastFailure", failure(failure)));
    return body;
  }

  /** The log that several servers share. */
  private static Map<String, Object> journal(SharedReport shared) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("topic", shared.topic());
    shared.term().ifPresent(term -> body.put("term", term));
    body.put("durableEnd", shared.durable().toString());
    body.put("isNearEnd", shared.isNear());
    if (!shared.detail().isEmpty()) {
      body.put("detail", shared.detail());
    }
    return body;
  }

  /** Why the feed's subscribers were last closed. */
  private static Map<String, Object> failure(FeedReport.Failure failure) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("code", CloseCodes.code(failure.reason()));
    body.put("reason", CloseCodes.name(failure.reason()));
    body.put("detail", failure.detail());
    body.put("at", failure.at().toString());
    return body;
  }

  /** Who streams the slot through this server. */
  private static Map<String, Object> client(SlotReport.Client client) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("address", client.address());
    body.put("since", client.since().toString());
    return body;
  }

  /** Whether the slot's snapshot can be read, until when, and what it costs. */
  private static Map<String, Object> snapshot(Optional<SlotReport.OpenSnapshot> snapshot) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("state", snapshot.isPresent() ? "open" : "closed");
    snapshot.ifPresent(
        open -> {
          body.put("expires", open.expires().toString());
          body.put("xidsHeld", open.xidsHeld());
        });
    return body;
  }

  /** Why the last client was closed; by whom, if not by us. */
  private static Map<String, Object> lastClose(SlotReport.LastClose close) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("code", close.reason().map(CloseCodes::code).orElse(close.clientCode()));
    body.put(
        "reason",
        close
            .reason()
            .map(reason -> CloseCodes.text(reason, close.detail()))
            .orElse(close.detail()));
    if (close.reason().isEmpty()) {
      body.put("by", "client");
    }
    body.put("at", close.at().toString());
    return body;
  }

  /** One table that can be read under a snapshot, as a client sees it. */
  static Map<String, Object> table(TableSummary table) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("schema", table.name().schema());
    body.put("table", table.name().table());
    body.put("estimatedRows", table.estimatedRows());
    body.put("bytes", table.bytes());
    body.put("streamed", table.streamed());
    body.put("key", table.key());
    body.put("replicaIdentity", table.replicaIdentity());
    body.put("columns", table.columns().stream().map(Bodies::column).toList());
    return body;
  }

  private static Map<String, Object> column(TableSummary.TypedColumn column) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("name", column.name());
    body.put("type", column.type());
    return body;
  }
}
