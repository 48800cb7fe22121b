package org.pgdeltastream.encoder.rows;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.Numbers;
import org.pgdeltastream.change.RowListener;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.encoder.JsonBuffer;

/** Writes rows as a JSON array of objects, in pieces of about 64 KB. Never flushes the stream. */
public final class RowArrayEncoder implements RowListener {
  private final OutputStream stream;
  private final Numbers numbers;
  private final JsonBuffer out = new JsonBuffer(full -> write());
  private RowText text = RowText.withoutColumns();
  private boolean first = true;

  public RowArrayEncoder(OutputStream out, Numbers numbers) {
    this.stream = out;
    this.numbers = numbers;
    this.out.append('[');
  }

  @Override
  public void columns(List<Column> columns) throws IOException {
    text = RowText.of(columns, numbers);
  }

  @Override
  public void row(Tuple row) throws IOException {
    if (!first) {
      out.append(',');
    }
    first = false;
    text.append(out, row);
  }

  @Override
  public void end() throws IOException {
    out.append(']');
    write();
  }

  private void write() throws IOException {
    stream.write(out.bytes(), out.start(), out.length());
    out.reset();
  }
}
