package org.pgdeltastream.slot;

import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgdeltastream.change.Lsn;

/**
 * Believes nothing: what one subscriber gets must be each transaction after its position, whole,
 * once, in the order of the commits. One thread at a time feeds it.
 */
final class FeedCheck {
  private static final Pattern NEXT_LSN = Pattern.compile("\"nextlsn\":\"([0-9A-F]+/[0-9A-F]+)\"");
  private static final Pattern ROW = Pattern.compile("(\\d+)/(\\d+)/(\\d+)/(\\d+)~");
  private static final int WRITERS = 8;

  private final FeedLedger ledger;
  private final String name;
  private final long[] numbers = new long[WRITERS]; // of each writer's last one; 0: not known
  private volatile Lsn position = Lsn.NONE;
  private Lsn lastEnd = Lsn.NONE; // of the last transaction with rows, or the start
  private boolean isFirst = true;
  private int writer; // of the open transaction, as is what follows
  private long number;
  private int wholeRows;
  private int rows;

  FeedCheck(FeedLedger ledger, String name) {
    this.ledger = ledger;
    this.name = name;
  }

  /** Begins anew behind this position. */
  void begins(Lsn at) {
    broken();
    Arrays.fill(numbers, 0);
    position = at;
    lastEnd = at;
    isFirst = true;
  }

  Lsn position() {
    return position;
  }

  /** Its connection ended: half a transaction counts for nothing. */
  void broken() {
    rows = 0;
  }

  /** A change, a part of a transaction, or a whole one. */
  void message(String json) {
    for (int at = json.indexOf('~'); at >= 0; at = json.indexOf('~', at)) {
      Matcher row = ROW.matcher(json).region(at + 1, Math.min(json.length(), at + 60));
      if (!row.lookingAt()) {
        fault("has a row that nobody wrote: " + json.substring(at, Math.min(json.length(), 80)));
        return;
      }
      row(
          Integer.parseInt(row.group(1)),
          Long.parseLong(row.group(2)),
          Integer.parseInt(row.group(3)),
          Integer.parseInt(row.group(4)));
      at = row.end();
    }
    Matcher end = NEXT_LSN.matcher(json);
    if (end.find()) {
      end(Lsn.parse(end.group(1)));
    }
  }

  private void row(int ofWriter, long ofNumber, int index, int of) {
    if (rows == 0) {
      writer = ofWriter;
      number = ofNumber;
      wholeRows = of;
    }
    rows++;
    if (ofWriter != writer || ofNumber != number || index != rows || of != wholeRows) {
      fault(
          "has row %d/%d/%d/%d as row %d of %d/%d"
              .formatted(ofWriter, ofNumber, index, of, rows, writer, number));
    }
  }

  private void end(Lsn end) {
    if (rows > 0) {
      if (rows != wholeRows) {
        fault("has " + rows + " of " + wholeRows + " rows of " + writer + "/" + number);
      }
      if (!end.isAfter(position)) {
        fault("gets again " + writer + "/" + number + ", which ends at " + end);
      }
      if (numbers[writer] > 0 && number != numbers[writer] + 1) {
        fault("gets " + writer + "/" + number + " after number " + numbers[writer]);
      }
      numbers[writer] = number;
      ledger.note(
          name, lastEnd, end, new FeedLedger.Transaction(writer, number, wholeRows), isFirst);
      isFirst = false;
      lastEnd = end;
      rows = 0;
    }
    moved(end);
  }

  /** The server says that it has everything up to here. */
  void moved(Lsn to) {
    if (rows > 0) {
      fault("is moved to " + to + " inside " + writer + "/" + number);
    }
    if (position.isAfter(to)) {
      fault("is moved back to " + to);
    }
    position = to;
  }

  void fault(String what) {
    ledger.fault(name + " at " + position + " " + what);
  }
}
