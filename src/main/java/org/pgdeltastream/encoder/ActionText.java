package org.pgdeltastream.encoder;

import java.io.IOException;
import java.util.List;
import org.pgdeltastream.change.OldTupleKind;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.change.ValueKind;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.change.option.Detail;

/** The text that is the same in every change of a relation in format 2, ready to be copied. */
final class ActionText {
  private static final byte[] NOTHING = {};
  private static final byte[] COLUMNS = Ascii.bytes(",\"columns\":[");
  private static final byte[] IDENTITY = Ascii.bytes(",\"identity\":[");
  private static final byte[] UNCHANGED = Ascii.bytes(",\"unchanged\":");

  private final byte[] table;
  private final byte[] primaryKey;
  private final List<ColumnText> columns;
  private final byte[][] before;
  private final byte[][] after;

  ActionText(Relation relation, List<ColumnText> columns, ChangeOptions options)
      throws IOException {
    this.columns = columns;
    this.table = table(relation, options);
    this.primaryKey = options.has(Detail.PRIMARY_KEY) ? primaryKey(columns, options) : NOTHING;
    this.before = new byte[columns.size()][];
    this.after = new byte[columns.size()][];
    for (int i = 0; i < before.length; i++) {
      before[i] = before(columns.get(i), options);
      after[i] = after(columns.get(i), options);
    }
  }

  /** Schema and table, with a comma before each. */
  byte[] table() {
    return table;
  }

  /** {@code ,"pk":[…]} or nothing. */
  byte[] primaryKey() {
    return primaryKey;
  }

  void appendColumns(JsonBuffer out, Tuple tuple) throws IOException {
    out.append(COLUMNS);
    boolean first = true;
    for (int i = 0; i < before.length; i++) {
      ColumnText column = columns.get(i);
      if (column.told() && tuple.kind(column.index()) != ValueKind.UNCHANGED_TOAST) {
        if (!first) {
          out.append(',');
        }
        first = false;
        appendValue(out, tuple, i);
        out.append(after[i]);
      }
    }
    out.append(']');
  }

  /** Nulls too, unlike format 1. */
  void appendIdentity(JsonBuffer out, OldTupleKind oldKind, Tuple tuple) throws IOException {
    out.append(IDENTITY);
    boolean first = true;
    for (int i = 0; i < before.length; i++) {
      ColumnText column = columns.get(i);
      boolean listed = oldKind == OldTupleKind.FULL || column.key();
      if (listed && tuple.kind(column.index()) != ValueKind.UNCHANGED_TOAST) {
        if (!first) {
          out.append(',');
        }
        first = false;
        appendValue(out, tuple, i);
        out.append('}');
      }
    }
    out.append(']');
  }

  /** Names of the columns whose values were not sent; nothing if all were. */
  void appendUnchanged(JsonBuffer out, Tuple tuple) throws IOException {
    List<ColumnText> unchanged =
        columns.stream()
            .filter(ColumnText::told)
            .filter(column -> tuple.kind(column.index()) == ValueKind.UNCHANGED_TOAST)
            .toList();
    if (!unchanged.isEmpty()) {
      out.append(UNCHANGED);
      ColumnList.appendAll(out, unchanged, ColumnText::name);
    }
  }

  private void appendValue(JsonBuffer out, Tuple tuple, int i) throws IOException {
    out.append(before[i]);
    ColumnText column = columns.get(i);
    int index = column.index();
    if (tuple.kind(index) == ValueKind.TEXT) {
      column.format().append(out, tuple.bytes(), tuple.start(index), tuple.length(index));
    } else {
      out.append(ValueFormat.NULL);
    }
  }

  private static byte[] table(Relation relation, ChangeOptions options) throws IOException {
    JsonBuffer text = new JsonBuffer(full -> {});
    if (options.has(Detail.SCHEMAS)) {
      text.append(Ascii.bytes(",\"schema\":"));
      text.appendQuoted(relation.name().schema());
    }
    text.append(Ascii.bytes(",\"table\":"));
    text.appendQuoted(relation.name().table());
    return text.copy();
  }

  private static byte[] before(ColumnText column, ChangeOptions options) throws IOException {
    JsonBuffer text = new JsonBuffer(full -> {});
    appendNameAndType(text, column, options);
    text.append(Ascii.bytes(",\"value\":"));
    return text.copy();
  }

  private static byte[] after(ColumnText column, ChangeOptions options) throws IOException {
    JsonBuffer text = new JsonBuffer(full -> {});
    if (options.has(Detail.NOT_NULL)) {
      text.append(Ascii.bytes(",\"optional\":"));
      text.append(column.optional());
    }
    if (options.has(Detail.COLUMN_POSITIONS)) {
      text.append(Ascii.bytes(",\"position\":"));
      text.append(column.position());
    }
    if (options.has(Detail.DEFAULTS)) {
      text.append(Ascii.bytes(",\"default\":"));
      text.append(column.defaultValue());
    }
    text.append('}');
    return text.copy();
  }

  private static byte[] primaryKey(List<ColumnText> columns, ChangeOptions options)
      throws IOException {
    JsonBuffer text = new JsonBuffer(full -> {});
    text.append(Ascii.bytes(",\"pk\":["));
    boolean first = true;
    for (ColumnText column : columns) {
      if (column.primaryKey()) {
        if (!first) {
          text.append(',');
        }
        first = false;
        appendNameAndType(text, column, options);
        text.append('}');
      }
    }
    text.append(']');
    return text.copy();
  }

  private static void appendNameAndType(JsonBuffer text, ColumnText column, ChangeOptions options)
      throws IOException {
    text.append(Ascii.bytes("{\"name\":"));
    text.append(column.name());
    if (options.has(Detail.TYPES)) {
      text.append(Ascii.bytes(",\"type\":"));
      text.append(column.type());
    }
    if (options.has(Detail.TYPE_OIDS)) {
      text.append(Ascii.bytes(",\"typeoid\":"));
      text.append(column.typeOid());
    }
  }
}
