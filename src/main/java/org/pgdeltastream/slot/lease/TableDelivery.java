package org.pgdeltastream.slot.lease;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.RowListener;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.TableRequest;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.encoder.rows.RowArrayEncoder;
import org.pgdeltastream.encoder.rows.RowLinesEncoder;
import org.pgdeltastream.snapshot.SnapshotReader;
import org.pgdeltastream.snapshot.table.KnownTables;

/**
 * Reads one whole table, from COPY's bytes to a client's, on the client's thread: at most until the
 * snapshot has reached its greatest age, however slowly the client reads. It ends between two rows,
 * so that a client can distinguish the last row from what follows it.
 */
public final class TableDelivery {
  private static final int PIECE = 64 << 10;

  private final SnapshotReader snapshots;
  private final String snapshotName;
  private final KnownTables tables;
  private final TableRequest request;
  private final LateOutput out;
  private final Set<TableProgress> running;

  public TableDelivery(
      SnapshotReader snapshots, SnapshotUse use, TableRequest request, TableReceiver receiver) {
    Instant latest = use.lease().latest();
    long left = Math.max(0, Duration.between(Instant.now(), latest).toMillis()) + 1; // not before
    this.snapshots = snapshots.within(Duration.ofMillis(left));
    this.snapshotName = use.snapshotName();
    this.tables = use.lease().tables();
    this.request = request;
    this.out = new LateOutput(use.slot(), receiver, latest, new TableProgress(request, tables));
    this.running = use.lease().tableReads();
  }

  public void run(TableFormat format) throws SQLException, IOException {
    running.add(out.progress);
    try {
      deliver(format);
    } catch (ProblemException e) {
      // PostgreSQL's own time limit for the table is the snapshot's age, too
      if (e.problem() == Problem.UPSTREAM_BUSY && out.isLate()) {
        ProblemException expired = out.expired();
        expired.initCause(e);
        throw expired;
      }
      throw e;
    } finally {
      running.remove(out.progress);
    }
  }

  /** What the client was handed. */
  public long bytes() {
    return out.progress.bytes();
  }

  private void deliver(TableFormat format) throws SQLException, IOException {
    switch (format) {
      case LINES -> lines(RowLinesEncoder.Trailer.ROW_COUNT);
      case LINES_WITHOUT_END -> lines(RowLinesEncoder.Trailer.NONE);
      case ARRAY ->
          snapshots.readTable(
              snapshotName,
              tables,
              request,
              new InTime(new RowArrayEncoder(out, request.numbers()), out));
      case CSV -> csv("");
      case CSV_WITH_END -> csv("\\.\n");
    }
    out.begin();
  }

  private void lines(RowLinesEncoder.Trailer trailer) throws SQLException, IOException {
    RowLinesEncoder lines = new RowLinesEncoder(out, trailer, request.numbers());
    try {
      snapshots.readTable(snapshotName, tables, request, new InTime(lines, out));
    } catch (SQLException | ProblemException e) {
      lines.stop();
      throw e;
    }
  }

  private void csv(String end) throws SQLException, IOException {
    OutputStream pieces = new BufferedOutputStream(out, PIECE); // of whole rows
    try {
      snapshots.copyTable(snapshotName, tables, request, new CsvRows(pieces, out));
    } catch (SQLException | ProblemException e) {
      if (out.hasBegun()) {
        pieces.flush();
      }
      throw e;
    }
    pieces.write(end.getBytes(US_ASCII));
    pieces.flush();
  }

  private record InTime(RowListener rows, LateOutput out) implements RowListener {
    @Override
    public void columns(List<Column> columns) throws IOException {
      rows.columns(columns);
    }

    @Override
    public void row(Tuple row) throws IOException {
      out.checkBetweenRows();
      rows.row(row);
    }

    @Override
    public void end() throws IOException {
      rows.end();
    }
  }

  /** The same for CSV, which comes a row at a time. */
  private static final class CsvRows extends FilterOutputStream {
    private final LateOutput late;

    CsvRows(OutputStream out, LateOutput late) {
      super(out);
      this.late = late;
    }

    @Override
    public void write(byte[] row, int start, int length) throws IOException {
      late.checkBetweenRows();
      out.write(row, start, length);
    }
  }

  /** Begins with the first bytes: a failure before them can still become a status. */
  private static final class LateOutput extends OutputStream {
    /** For the rest of a row that is being sent when the snapshot becomes too old. */
    private static final Duration ROW_LIMIT = Duration.ofMinutes(1);

    private final SlotName slot;
    private final TableReceiver receiver;
    private final Instant latest;
    private @Nullable OutputStream begun;
    private final TableProgress progress;
    private boolean wasLate;

    LateOutput(SlotName slot, TableReceiver receiver, Instant latest, TableProgress progress) {
      this.progress = progress;
      this.slot = slot;
      this.receiver = receiver;
      this.latest = latest;
    }

    OutputStream begin() throws IOException {
      OutputStream open = begun == null ? receiver.begin(slot) : begun;
      begun = open;
      return open;
    }

    boolean hasBegun() {
      return begun != null;
    }

    boolean isLate() {
      return Instant.now().isAfter(latest);
    }

    /** A client's slowness shows in its writes; PostgreSQL has its own time limit. */
    void checkBetweenRows() {
      progress.row();
      if (wasLate) {
        throw expired();
      }
    }

    ProblemException expired() {
      return new ProblemException(
          Problem.SNAPSHOT_EXPIRED,
          "The snapshot of slot " + slot + " is too old to be read any longer",
          "Read the table in parts side by side, or quicker; or raise pgdelta.snapshot-maximum");
    }

    @Override
    public void write(int one) throws IOException {
      begin().write(one);
    }

    @Override
    public void write(byte[] source, int start, int length) throws IOException {
      if (wasLate && Instant.now().isAfter(latest.plus(ROW_LIMIT))) {
        throw expired();
      }
      begin().write(source, start, length);
      progress.bytes(length);
      wasLate = isLate();
    }
  }
}
