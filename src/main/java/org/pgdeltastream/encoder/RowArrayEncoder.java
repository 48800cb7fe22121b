package org.pgdeltastream.encoder;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.RowListener;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.change.ValueKind;

/** Writes rows as a JSON array of objects, in pieces of about 64 KB. Never flushes the stream. */
public final class RowArrayEncoder implements RowListener {
  private final OutputStream stream;
  private final JsonBuffer out = new JsonBuffer(full -> write());
  private byte[][] keys = new byte[0][];
  private ValueFormat[] formats = new ValueFormat[0];
  private boolean first = true;

  public RowArrayEncoder(OutputStream out) {
    this.stream = out;
    this.out.append('[');
  }

  @Override
  public void columns(List<Column> columns) throws IOException {
    keys = new byte[columns.size()][];
    formats = new ValueFormat[columns.size()];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = key(columns.get(i), i == 0 ? '{' : ',');
      formats[i] = ValueFormat.of(columns.get(i).typeOid());
    }
  }

  @Override
  public void row(Tuple row) throws IOException {
    if (!first) {
      out.append(',');
    }
    first = false;
    if (keys.length == 0) {
      out.append('{');
    }
    for (int i = 0; i < keys.length; i++) {
      out.append(keys[i]);
      value(row, i);
    }
    out.append('}');
  }

  private void value(Tuple row, int column) throws IOException {
    if (row.kind(column) == ValueKind.TEXT) {
      formats[column].append(out, row.bytes(), row.start(column), row.length(column));
    } else {
      out.append(ValueFormat.NULL);
    }
  }

  @Override
  public void end() throws IOException {
    out.append(']');
    write();
  }

  private static byte[] key(Column column, char before) throws IOException {
    JsonBuffer key = new JsonBuffer(full -> {});
    key.append(before);
    key.appendQuoted(column.name());
    key.append(':');
    return key.copy();
  }

  private void write() throws IOException {
    stream.write(out.bytes(), out.start(), out.length());
    out.reset();
  }
}
