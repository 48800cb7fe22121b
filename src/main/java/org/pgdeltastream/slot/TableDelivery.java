package org.pgdeltastream.slot;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.TableRequest;
import org.pgdeltastream.encoder.RowArrayEncoder;
import org.pgdeltastream.encoder.RowLinesEncoder;
import org.pgdeltastream.snapshot.KnownTables;
import org.pgdeltastream.snapshot.SnapshotReader;

/**
 * One reading of a whole table, from COPY's bytes to a client's, on the client's thread: at most
 * until the snapshot has reached its greatest age, however slowly the client reads.
 */
final class TableDelivery {
  private static final int PIECE = 64 << 10;

  private final SnapshotReader snapshots;
  private final String snapshotName;
  private final KnownTables tables;
  private final TableRequest request;
  private final LateOutput out;

  TableDelivery(
      SnapshotReader snapshots, SnapshotUse use, TableRequest request, TableReceiver receiver) {
    Instant latest = use.lease().latest();
    long left = Math.max(1, Duration.between(Instant.now(), latest).toMillis());
    this.snapshots = snapshots.within(Duration.ofMillis(left));
    this.snapshotName = use.snapshotName();
    this.tables = use.lease().tables();
    this.request = request;
    this.out = new LateOutput(use.slot().name(), receiver, latest);
  }

  void run(TableFormat format) throws SQLException, IOException {
    switch (format) {
      case LINES -> lines(RowLinesEncoder.Trailer.ROW_COUNT);
      case LINES_WITHOUT_END -> lines(RowLinesEncoder.Trailer.NONE);
      case ARRAY ->
          snapshots.readTable(
              snapshotName, tables, request, new RowArrayEncoder(out, request.numbers()));
      case CSV -> csv("");
      case CSV_WITH_END -> csv("\\.\n");
    }
    out.begin();
  }

  private void lines(RowLinesEncoder.Trailer trailer) throws SQLException, IOException {
    RowLinesEncoder lines = new RowLinesEncoder(out, trailer, request.numbers());
    try {
      snapshots.readTable(snapshotName, tables, request, lines);
    } catch (SQLException | ProblemException e) {
      lines.stop();
      throw e;
    }
  }

  private void csv(String end) throws SQLException, IOException {
    OutputStream pieces = new BufferedOutputStream(out, PIECE);
    snapshots.copyTable(snapshotName, tables, request, pieces);
    pieces.write(end.getBytes(US_ASCII));
    pieces.flush();
  }

  /** Begins with the first bytes: what fails before can still be told by a status. */
  private static final class LateOutput extends OutputStream {
    private final SlotName slot;
    private final TableReceiver receiver;
    private final Instant latest;
    private @Nullable OutputStream begun;

    LateOutput(SlotName slot, TableReceiver receiver, Instant latest) {
      this.slot = slot;
      this.receiver = receiver;
      this.latest = latest;
    }

    OutputStream begin() throws IOException {
      OutputStream open = begun == null ? receiver.begin(slot) : begun;
      begun = open;
      return open;
    }

    @Override
    public void write(int one) throws IOException {
      begin().write(one);
    }

    @Override
    public void write(byte[] source, int start, int length) throws IOException {
      if (Instant.now().isAfter(latest)) {
        throw new ProblemException(
            Problem.SNAPSHOT_EXPIRED,
            "The snapshot of slot " + slot + " is too old to be read any longer",
            "Read the table in parts side by side, or quicker; or raise pgdelta.snapshot-maximum");
      }
      begin().write(source, start, length);
    }
  }
}
