package org.pgdeltastream.encoder.rows;

import java.io.IOException;
import java.util.List;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.Numbers;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.change.ValueKind;
import org.pgdeltastream.encoder.JsonBuffer;
import org.pgdeltastream.encoder.ValueFormat;

/** Appends rows as JSON objects, their keys in the columns' order. */
final class RowText {
  private final byte[][] keys;
  private final ValueFormat[] formats;

  private RowText(byte[][] keys, ValueFormat[] formats) {
    this.keys = keys;
    this.formats = formats;
  }

  static RowText withoutColumns() {
    return new RowText(new byte[0][], new ValueFormat[0]);
  }

  static RowText of(List<Column> columns, Numbers numbers) throws IOException {
    byte[][] keys = new byte[columns.size()][];
    ValueFormat[] formats = new ValueFormat[columns.size()];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = key(columns.get(i), i == 0 ? '{' : ',');
      formats[i] = ValueFormat.of(columns.get(i).typeOid(), numbers);
    }
    return new RowText(keys, formats);
  }

  void append(JsonBuffer out, Tuple row) throws IOException {
    if (keys.length == 0) {
      out.append('{');
    }
    for (int i = 0; i < keys.length; i++) {
      out.append(keys[i]);
      if (row.kind(i) == ValueKind.TEXT) {
        formats[i].append(out, row.bytes(), row.start(i), row.length(i));
      } else {
        out.append(ValueFormat.NULL);
      }
    }
    out.append('}');
  }

  private static byte[] key(Column column, char before) throws IOException {
    JsonBuffer key = new JsonBuffer(full -> {});
    key.append(before);
    key.appendQuoted(column.name());
    key.append(':');
    return key.copy();
  }
}
