package org.pgdeltastream.web.ops;

import java.util.Arrays;
import org.pgdeltastream.delivery.CloseCounts;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.replication.ServerState;
import org.pgdeltastream.slot.board.BoardLook;
import org.pgdeltastream.slot.board.Measured;
import org.pgdeltastream.slot.board.StatusReport;
import org.pgdeltastream.web.http.Traffic;
import org.pgdeltastream.web.socket.CloseCodes;

/** What is measured of this server and of PostgreSQL. */
final class ServerSamples {
  private static final String BY_CLIENT = "client";

  private final Samples samples;

  ServerSamples(Samples samples) {
    this.samples = samples;
  }

  /** What is known without a database. */
  void put(Traffic traffic, String version) {
    samples.put(Family.BUILD_INFO, 1, version, Runtime.version().toString());
    traffic.answers().forEach((status, count) -> samples.put(Family.HTTP_REQUESTS, count, status));
    traffic.refusals().forEach((code, count) -> samples.put(Family.REFUSALS, count, code));
  }

  /** The database is not known, or cannot be opened. */
  void putNoUpstream() {
    samples.put(Family.UPSTREAM_UP, false);
  }

  void put(Measured measured) {
    samples.put(Family.UPSTREAM_UP, measured.upstream().filter(look -> !look.stale()).isPresent());
    measured.upstream().map(BoardLook::server).ifPresent(this::put);
    samples.put(Family.STARTED_TIMESTAMP_SECONDS, measured.server().started());
    samples.put(Family.STREAMS, measured.server().streams());
    samples.put(Family.STREAMS_LIMIT, measured.server().streamsLimit());
    samples.put(Family.FEED_SUBSCRIBERS_LIMIT, measured.server().subscribersLimit());
    samples.put(Family.SLOTS_MADE, measured.made());
    samples.put(Family.SLOTS_DROPPED, measured.dropped());
    putCloses(Family.STREAM_CLOSES, measured.closes());
    samples.put(Family.SNAPSHOT_TABLES_READING, measured.tables());
    samples.put(Family.SNAPSHOT_READS, measured.reads().pages(), "page");
    samples.put(Family.SNAPSHOT_READS, measured.reads().tables(), "table");
    samples.put(Family.SNAPSHOT_BYTES, measured.reads().pageBytes(), "page");
    samples.put(Family.SNAPSHOT_BYTES, measured.reads().tableBytes(), "table");
    measured
        .guardActions()
        .forEach((action, count) -> samples.put(Family.GUARD_ACTIONS, count, action));
    measured
        .guard()
        .fullIn()
        .ifPresent(time -> samples.put(Family.GUARD_FULL_SECONDS, time.toSeconds()));
    measured.doctor().ifPresent(this::put);
    samples.put(Family.HEARTBEATS, measured.heartbeats(), "written");
    samples.put(Family.HEARTBEATS, measured.heartbeatsFailed(), "failed");
  }

  private void put(StatusReport.Findings found) {
    samples.put(Family.DOCTOR_FINDINGS, found.errors(), "error");
    samples.put(Family.DOCTOR_FINDINGS, found.warnings(), "warning");
    samples.put(Family.DOCTOR_FINDINGS, found.notes(), "info");
    samples.put(Family.DOCTOR_EXAMINED_TIMESTAMP_SECONDS, found.examined());
  }

  private void put(ServerState server) {
    samples.put(Family.UPSTREAM_INFO, 1, server.version(), String.valueOf(server.standby()));
    samples.put(Family.UPSTREAM_WAL_POSITION_BYTES, server.walPosition().value());
    samples.put(Family.UPSTREAM_SLOTS, server.slotsUsed());
    samples.put(Family.UPSTREAM_SLOTS_LIMIT, server.mostSlots());
    samples.put(Family.UPSTREAM_SENDERS, server.walsendersUsed());
    samples.put(Family.UPSTREAM_SENDERS_LIMIT, server.mostWalsenders());
    samples.put(
        Family.UPSTREAM_OLDEST_TRANSACTION_SECONDS,
        Math.max(server.oldest().seconds(), server.oldest().preparedSeconds()));
    server.walLimitBytes().ifPresent(bytes -> samples.put(Family.SLOT_WAL_LIMIT_BYTES, bytes));
  }

  /** Only reasons that there were, and clients that left. */
  void putCloses(Family family, CloseCounts closes, String... labels) {
    for (CloseReason reason : CloseReason.values()) {
      if (closes.of(reason) > 0) {
        String code = String.valueOf(CloseCodes.code(reason));
        samples.put(family, closes.of(reason), with(labels, code, CloseCodes.name(reason)));
      }
    }
    samples.put(family, closes.byClients(), with(labels, "none", BY_CLIENT));
  }

  private static String[] with(String[] labels, String code, String reason) {
    String[] all = Arrays.copyOf(labels, labels.length + 2);
    all[labels.length] = code;
    all[labels.length + 1] = reason;
    return all;
  }
}
