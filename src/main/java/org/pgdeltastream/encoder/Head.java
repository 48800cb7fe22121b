package org.pgdeltastream.encoder;

import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import org.pgdeltastream.change.Begin;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.change.option.Detail;

/** What is said of a transaction: its number, its time, where it came from. */
public final class Head {
  private static final long POSTGRES_EPOCH_SECONDS = 946_684_800L;
  private static final long MICROS = 1_000_000L;
  private static final DateTimeFormatter TIME =
      new DateTimeFormatterBuilder()
          .appendPattern("uuuu-MM-dd HH:mm:ss")
          .appendFraction(ChronoField.MICRO_OF_SECOND, 0, 6, true)
          .appendLiteral("+00")
          .toFormatter(java.util.Locale.ROOT);

  private final boolean xids;
  private final boolean timestamp;
  private final boolean origin;
  private final OriginNumbers origins;

  public Head(ChangeOptions options, Catalog catalog) {
    this.xids = options.has(Detail.XIDS);
    this.timestamp = options.has(Detail.TIMESTAMP);
    this.origin = options.has(Detail.ORIGIN);
    this.origins = new OriginNumbers(catalog);
  }

  boolean isEmpty() {
    return !xids && !timestamp && !origin;
  }

  /** {@code "xid":745,} or nothing. */
  String xid(Begin begin) {
    return xids ? "\"xid\":" + begin.xid() + "," : "";
  }

  /** Each followed by a comma. */
  String timeAndOrigin(Begin begin) {
    return (timestamp ? "\"timestamp\":\"" + time(begin.commitTime()) + "\"," : "")
        + (origin ? "\"origin\":" + origins.number(begin) + "," : "");
  }

  /** The same keys without values. */
  String nulls() {
    return (xids ? "\"xid\":null," : "")
        + (timestamp ? "\"timestamp\":null," : "")
        + (origin ? "\"origin\":null," : "");
  }

  /** As PostgreSQL prints a timestamptz in UTC. */
  static String time(long microsSince2000) {
    long seconds = Math.floorDiv(microsSince2000, MICROS) + POSTGRES_EPOCH_SECONDS;
    int nanos = (int) Math.floorMod(microsSince2000, MICROS) * 1000;
    return LocalDateTime.ofEpochSecond(seconds, nanos, ZoneOffset.UTC).format(TIME);
  }
}
