package org.pgdeltastream.encoder.rows;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.Numbers;
import org.pgdeltastream.change.RowListener;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.encoder.Ascii;
import org.pgdeltastream.encoder.JsonBuffer;

/** Writes each row as a line of JSON, in pieces of about 64 KB. Never flushes the stream. */
public final class RowLinesEncoder implements RowListener {
  /** Whether a last line gives the number of rows. */
  public enum Trailer {
    ROW_COUNT,
    NONE
  }

  private final OutputStream stream;
  private final Numbers numbers;
  private final Trailer trailer;
  private final JsonBuffer out = new JsonBuffer(full -> write());
  private RowText text = RowText.withoutColumns();
  private long rows;
  private boolean written;

  public RowLinesEncoder(OutputStream out, Trailer trailer, Numbers numbers) {
    this.stream = out;
    this.numbers = numbers;
    this.trailer = trailer;
  }

  @Override
  public void columns(List<Column> columns) throws IOException {
    text = RowText.of(columns, numbers);
  }

  @Override
  public void row(Tuple row) throws IOException {
    text.append(out, row);
    out.append('\n');
    rows++;
  }

  @Override
  public void end() throws IOException {
    switch (trailer) {
      case ROW_COUNT -> out.append(Ascii.bytes("{\"complete\":true,\"rows\":" + rows + "}\n"));
      case NONE -> {}
    }
    write();
  }

  /**
   * Completes the last line after a failure between two rows, so that one more can follow. Writes
   * nothing if nothing was written before.
   */
  public void stop() throws IOException {
    if (written) {
      write();
    }
  }

  private void write() throws IOException {
    stream.write(out.bytes(), out.start(), out.length());
    out.reset();
    written = true;
  }
}
