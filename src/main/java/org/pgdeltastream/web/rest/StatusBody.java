package org.pgdeltastream.web.rest;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.pgdeltastream.change.TableRequest;
import org.pgdeltastream.replication.ServerState;
import org.pgdeltastream.replication.SlotAdvance;
import org.pgdeltastream.slot.board.BoardLook;
import org.pgdeltastream.slot.board.SnapshotReport;
import org.pgdeltastream.slot.board.StatusReport;
import org.pgdeltastream.slot.board.StreamReport;

/** What operators are shown, as JSON objects; what is not known is left out. */
final class StatusBody {
  private StatusBody() {}

  static Map<String, Object> of(StatusReport status) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("asOf", status.upstream().asOf().toString());
    body.put("stale", status.upstream().stale());
    body.put("server", server(status));
    body.put("upstream", upstream(status.upstream()));
    body.put("slots", status.slots().stream().map(Bodies::slot).toList());
    body.put("feeds", status.feeds().stream().map(Bodies::feed).toList());
    Instant now = Instant.now();
    long nanos = System.nanoTime();
    body.put(
        "streams",
        status.streams().stream().map(one -> stream(one, one.totals(now, nanos))).toList());
    body.put("snapshots", status.snapshots().stream().map(StatusBody::snapshot).toList());
    body.put("guard", guard(status.guard()));
    status.doctor().ifPresent(found -> body.put("doctor", doctor(found)));
    return body;
  }

  private static Map<String, Object> stream(StreamReport stream, StreamReport.Totals totals) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("slotName", stream.slot().value());
    body.put("transactions", totals.transactions());
    body.put("changes", totals.changes());
    body.put("receivedBytes", totals.receivedBytes());
    body.put("sentBytes", totals.sentBytes());
    body.put("waitSeconds", totals.waitSeconds());
    body.put("decodeSeconds", totals.decodeSeconds());
    body.put("sendSeconds", totals.sendSeconds());
    totals.lastSent().ifPresent(at -> body.put("lastSent", at.toString()));
    totals.lastAcknowledged().ifPresent(at -> body.put("lastAcknowledged", at.toString()));
    stream
        .unacknowledged()
        .ifPresent(
            open -> {
              body.put("unacknowledgedTransactions", open.transactions());
              body.put("unacknowledgedBytes", open.bytes());
            });
    return body;
  }

  private static Map<String, Object> doctor(StatusReport.Findings found) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("errors", found.errors());
    body.put("warnings", found.warnings());
    body.put("notes", found.notes());
    body.put("examined", found.examined().toString());
    return body;
  }

  private static Map<String, Object> guard(StatusReport.Guard guard) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("rules", guard.rules());
    body.put("dryRun", guard.dryRun());
    guard.fullIn().ifPresent(time -> body.put("fullInSeconds", time.toSeconds()));
    return body;
  }

  private static Map<String, Object> server(StatusReport status) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("node", status.server().node());
    body.put("started", status.server().started().toString());
    body.put("streams", status.server().streams());
    body.put("streamsLimit", status.server().streamsLimit());
    body.put("subscribers", status.feeds().stream().mapToInt(feed -> feed.subscribers()).sum());
    body.put("subscribersLimit", status.server().subscribersLimit());
    return body;
  }

  private static Map<String, Object> upstream(BoardLook look) {
    ServerState server = look.server();
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("up", !look.stale());
    body.put("version", server.version());
    body.put("standby", server.standby());
    body.put("walPosition", server.walPosition().toString());
    look.walBytesPerSecond().ifPresent(rate -> body.put("walBytesPerSecond", Math.round(rate)));
    server.walLimitBytes().ifPresent(bytes -> body.put("walLimitBytes", bytes));
    body.put("slots", server.slotsUsed());
    body.put("slotsLimit", server.mostSlots());
    body.put("walsenders", server.walsendersUsed());
    body.put("walsendersLimit", server.mostWalsenders());
    if (server.oldest().process() != 0) {
      Map<String, Object> oldest = new LinkedHashMap<>();
      oldest.put("process", server.oldest().process());
      oldest.put("seconds", server.oldest().seconds());
      body.put("oldestTransaction", oldest);
    }
    if (server.oldest().preparedSeconds() > 0) {
      body.put("oldestPreparedSeconds", server.oldest().preparedSeconds());
    }
    return body;
  }

  static Map<String, Object> snapshot(SnapshotReport snapshot) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("slotName", snapshot.slot().value());
    body.put("opened", snapshot.opened().toString());
    body.put("expires", snapshot.expires().toString());
    body.put("xidsHeld", snapshot.xidsHeld());
    body.put("reads", snapshot.reads().stream().map(StatusBody::read).toList());
    return body;
  }

  private static Map<String, Object> read(SnapshotReport.Read read) {
    Map<String, Object> body = new LinkedHashMap<>();
    read.request().schema().ifPresent(schema -> body.put("schema", schema));
    body.put("table", read.request().table());
    if (!read.request().part().equals(TableRequest.Part.WHOLE)) {
      body.put("part", read.request().part().number() + "/" + read.request().part().of());
    }
    body.put("started", read.started().toString());
    body.put("rows", read.rows());
    body.put("bytes", read.bytes());
    read.estimatedRows().ifPresent(rows -> body.put("estimatedRows", rows));
    return body;
  }

  static Map<String, Object> moved(String slotName, SlotAdvance.Moved moved) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("slotName", slotName);
    body.put("from", moved.before().confirmed().toString());
    body.put("confirmedFlushLsn", moved.after().confirmed().toString());
    body.put("restartLsn", moved.after().restart().toString());
    body.put("freedWalBytes", moved.freedBytes());
    body.put("retainedWalBytes", moved.after().retainedBytes());
    return body;
  }
}
