package org.pgdeltastream.slot;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.TableRequest;
import org.pgdeltastream.encoder.RowArrayEncoder;
import org.pgdeltastream.encoder.RowLinesEncoder;
import org.pgdeltastream.snapshot.KnownTables;
import org.pgdeltastream.snapshot.SnapshotReader;

/** One reading of a whole table, from COPY's bytes to a client's, on the client's thread. */
final class TableDelivery {
  private static final int PIECE = 64 << 10;

  private final SnapshotReader snapshots;
  private final String snapshotName;
  private final KnownTables tables;
  private final TableRequest request;
  private final LateOutput out;

  TableDelivery(
      SnapshotReader snapshots, SnapshotUse use, TableRequest request, TableReceiver receiver) {
    this.snapshots = snapshots;
    this.snapshotName = use.snapshotName();
    this.tables = use.lease().tables();
    this.request = request;
    this.out = new LateOutput(use.slot().name(), receiver);
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
    private @Nullable OutputStream begun;

    LateOutput(SlotName slot, TableReceiver receiver) {
      this.slot = slot;
      this.receiver = receiver;
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
      begin().write(source, start, length);
    }
  }
}
