package org.pgdeltastream.web.ops;

import java.util.List;
import java.util.Locale;

/** Every family of metrics: what it is, what it says, its labels. */
enum Family {
  BUILD_INFO(Kind.GAUGE, "1; the version of this program", "version", "java"),
  STARTED_TIMESTAMP_SECONDS(Kind.GAUGE, "When this server started, as Unix time"),
  HTTP_REQUESTS(Kind.COUNTER, "Answers by the class of their status", "status"),
  REFUSALS(Kind.COUNTER, "Answers that were errors, by code", "code"),

  UPSTREAM_UP(Kind.GAUGE, "1 if PostgreSQL answered when it was last looked at"),
  UPSTREAM_INFO(Kind.GAUGE, "1; which PostgreSQL is read", "version", "standby"),
  UPSTREAM_WAL_POSITION_BYTES(
      Kind.GAUGE, "PostgreSQL's WAL position as a number of bytes; its rate is the WAL rate"),
  UPSTREAM_SLOTS(Kind.GAUGE, "Slots that exist on PostgreSQL, of everybody"),
  UPSTREAM_SLOTS_LIMIT(Kind.GAUGE, "max_replication_slots"),
  UPSTREAM_SENDERS(Kind.GAUGE, "Walsenders that run, of everybody"),
  UPSTREAM_SENDERS_LIMIT(Kind.GAUGE, "max_wal_senders"),
  UPSTREAM_OLDEST_TRANSACTION_SECONDS(
      Kind.GAUGE, "Age of the oldest writing or prepared transaction, which holds back every slot"),

  SLOTS_MADE(Kind.COUNTER, "Slots that this server made"),
  SLOTS_DROPPED(Kind.COUNTER, "Slots that this server dropped"),
  SLOT_ACTIVE(Kind.GAUGE, "1 while somebody streams the slot", "slot"),
  SLOT_LAG_BYTES(Kind.GAUGE, "WAL written since the position that was confirmed", "slot"),
  SLOT_RETAINED_WAL_BYTES(Kind.GAUGE, "WAL that PostgreSQL keeps for the slot", "slot"),
  SLOT_SAFE_WAL_BYTES(
      Kind.GAUGE,
      "WAL that may be written before the slot is lost; absent without a limit",
      "slot"),
  SLOT_WAL_LIMIT_BYTES(Kind.GAUGE, "max_slot_wal_keep_size; absent without a limit"),
  SLOT_WAL_STATUS(
      Kind.GAUGE,
      "1 for the status that PostgreSQL tells: reserved, extended, unreserved, lost",
      "slot",
      "status"),
  SLOT_INVALIDATED(
      Kind.GAUGE, "1; PostgreSQL has given the slot up, for this reason", "slot", "reason"),
  SLOT_INACTIVE_SINCE_TIMESTAMP_SECONDS(
      Kind.GAUGE,
      "Since when nobody streams the slot, as Unix time; absent while one does",
      "slot"),
  SLOT_CATALOG_XIDS(
      Kind.GAUGE, "Transactions for which vacuum cannot clean the catalogs, of the slot", "slot"),
  SLOT_SPILLED_BYTES(
      Kind.COUNTER, "Decoded bytes that PostgreSQL wrote to disk (14 and later)", "slot"),
  SLOT_FAILOVER(Kind.GAUGE, "1 if standbys get the slot too (17 and later)", "slot"),

  GUARD_ACTIONS(Kind.COUNTER, "What the guard did: warn, close, advance, drop", "action"),
  GUARD_FULL_SECONDS(
      Kind.GAUGE,
      "When the first slot reaches its limit at this rate; absent if that is not known"),
  DOCTOR_FINDINGS(Kind.GAUGE, "What the last examination found: error, warning, info", "severity"),
  DOCTOR_EXAMINED_TIMESTAMP_SECONDS(Kind.GAUGE, "When that was, as Unix time"),

  STREAMS(Kind.GAUGE, "Clients that stream now"),
  STREAMS_LIMIT(Kind.GAUGE, "pgdelta.streams"),
  STREAM_CLOSES(Kind.COUNTER, "Streams that ended, by close code", "code", "reason"),
  STREAM_STARTS(Kind.COUNTER, "Streams that began", "slot"),
  STREAM_RECONNECTS(
      Kind.COUNTER, "Connections to PostgreSQL made anew behind a client that stayed", "slot"),
  STREAM_TRANSACTIONS_SENT(Kind.COUNTER, "Transactions with changes that were sent", "slot"),
  STREAM_CHANGES_SENT(
      Kind.COUNTER, "Changes sent: insert, update, delete, truncate, message", "slot", "action"),
  STREAM_CHANGES_FILTERED(
      Kind.COUNTER, "Changes that the client's filters left out (pgoutput)", "slot"),
  STREAM_RECEIVED_BYTES(Kind.COUNTER, "Bytes of the output plugin's messages", "slot"),
  STREAM_SENT_BYTES(Kind.COUNTER, "Bytes of messages sent to the client", "slot"),
  STREAM_BUSY_SECONDS(
      Kind.COUNTER,
      "Where the stream's thread spends its time: wait (for PostgreSQL), decode, send (for the client)",
      "slot",
      "phase"),
  STREAM_ACKNOWLEDGEMENTS(
      Kind.COUNTER, "Acknowledgements by what became of them: taken, ignored", "slot", "outcome"),
  STREAM_UNACKNOWLEDGED_TRANSACTIONS(Kind.GAUGE, "Transactions sent and not acknowledged", "slot"),
  STREAM_UNACKNOWLEDGED_BYTES(Kind.GAUGE, "Bytes of messages sent and not acknowledged", "slot"),
  STREAM_ACKNOWLEDGEMENT_DELAY_SECONDS(
      Kind.HISTOGRAM, "From sending a transaction's end to the acknowledgement of it", "slot"),
  STREAM_COMMIT_DELAY_SECONDS(
      Kind.HISTOGRAM,
      "From a transaction's commit, by PostgreSQL's clock, to the end of its message, by ours",
      "slot"),
  STREAM_LAST_SENT_TIMESTAMP_SECONDS(
      Kind.GAUGE, "When a transaction was last sent, as Unix time", "slot"),
  STREAM_LAST_ACKNOWLEDGED_TIMESTAMP_SECONDS(
      Kind.GAUGE, "When the client last acknowledged, as Unix time", "slot"),
  STREAM_LAST_UPSTREAM_TIMESTAMP_SECONDS(
      Kind.GAUGE,
      "When PostgreSQL last gave a sign of life, as Unix time; absent while nothing is read",
      "slot"),
  CATCH_UPS(Kind.COUNTER, "Catch-ups by queries: begun, finished", "slot", "step"),

  FEED_SUBSCRIBERS(Kind.GAUGE, "Clients that follow the feed here", "feed", "transport"),
  FEED_SUBSCRIBERS_LIMIT(Kind.GAUGE, "pgdelta.subscribers"),
  FEED_VIEWS(Kind.GAUGE, "Different selections and formats of the feed's subscribers", "feed"),
  FEED_LAG_BYTES(Kind.GAUGE, "WAL that is yet to be read", "feed"),
  FEED_WINDOW_BYTES(Kind.GAUGE, "WAL that the feed's window holds in PostgreSQL", "feed"),
  FEED_JOURNAL_BYTES(Kind.GAUGE, "What the window takes in temporary files", "feed"),
  FEED_RECEIVED_BYTES(Kind.COUNTER, "Bytes of pgoutput's messages", "feed"),
  FEED_CONNECTIONS(Kind.COUNTER, "Connections to PostgreSQL that the feed has made", "feed"),
  FEED_BUSY_SECONDS(
      Kind.COUNTER, "Where the feed's reader spends its time: wait, decode", "feed", "phase"),
  FEED_WRITES(Kind.COUNTER, "How often a subscriber was given something new", "feed", "transport"),
  FEED_SENT_BYTES(
      Kind.COUNTER, "Bytes of messages and framing given to subscribers", "feed", "transport"),
  FEED_LATE_SUBSCRIBERS(
      Kind.COUNTER, "How often a subscriber was behind and was served from the journal", "feed"),
  FEED_REFETCHES(Kind.COUNTER, "Positions that could not be served", "feed"),
  FEED_SNAPSHOTS(
      Kind.COUNTER,
      "Snapshots of views: asked for by a subscriber, read from PostgreSQL",
      "feed",
      "step"),
  FEED_STATE(
      Kind.GAUGE,
      "1 for what this server does for a feed in Kafka: leading, following, waiting_for_kafka, journal_lost, diverged",
      "feed",
      "state"),
  FEED_NEAR_END(
      Kind.GAUGE, "1 if this server has read the feed's log, but for some megabytes", "feed"),
  FEED_CLOSES(Kind.COUNTER, "Subscribers that ended, by close code", "feed", "code", "reason"),

  HEARTBEATS(Kind.COUNTER, "Heartbeats for PostgreSQL: written, failed", "outcome"),
  HEARTBEAT_DELAY_SECONDS(
      Kind.HISTOGRAM, "From a heartbeat's writing to its decoding, by one clock", "slot"),

  SNAPSHOTS_OPEN(Kind.GAUGE, "Snapshots held open here"),
  SNAPSHOT_EXPIRES_TIMESTAMP_SECONDS(
      Kind.GAUGE, "When an open snapshot's lease ends, as Unix time", "slot"),
  SNAPSHOT_XIDS(
      Kind.GAUGE, "Transactions whose dead rows vacuum cannot remove, of the snapshot", "slot"),
  SNAPSHOT_TABLES_READING(Kind.GAUGE, "Whole tables that are read now"),
  SNAPSHOT_READS(Kind.COUNTER, "Pages and whole tables that were read", "form"),
  SNAPSHOT_BYTES(Kind.COUNTER, "Bytes of rows read: page, table", "form");

  /** The types of Prometheus. */
  enum Kind {
    GAUGE,
    COUNTER,
    HISTOGRAM
  }

  private final Kind kind;
  private final String help;

  @SuppressWarnings("ImmutableEnumChecker") // of List.of
  private final List<String> labels;

  Family(Kind kind, String help, String... labels) {
    this.kind = kind;
    this.help = help;
    this.labels = List.of(labels);
  }

  /** Without the ending of counters, {@code _total}. */
  String base() {
    return "pgdeltastream_" + name().toLowerCase(Locale.ROOT);
  }

  /** As its samples are named; those of a histogram have further endings. */
  String sample() {
    return kind == Kind.COUNTER ? base() + "_total" : base();
  }

  Kind kind() {
    return kind;
  }

  String help() {
    return help;
  }

  List<String> labels() {
    return labels;
  }
}
