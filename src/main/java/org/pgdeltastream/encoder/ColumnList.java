package org.pgdeltastream.encoder;

import java.io.IOException;
import java.util.List;
import java.util.function.Function;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.change.ValueKind;

/**
 * The three arrays that list columns in a change: names, types, values. Names and types are made
 * once and copied, unless a tuple leaves columns out.
 */
final class ColumnList {
  /** What the arrays are called, and which values they leave out. */
  enum Role {
    /** The new row: only a value that was not sent is left out. */
    COLUMN,
    /** The old key: nulls are left out too. */
    KEY
  }

  private final Role role;
  private final ColumnText[] columns;
  private final byte[] completeHead;

  ColumnList(Role role, List<ColumnText> columns) throws IOException {
    this.role = role;
    this.columns = columns.toArray(new ColumnText[0]);
    this.completeHead = head(columns);
  }

  void append(JsonBuffer out, Tuple tuple) throws IOException {
    out.append(isComplete(tuple) ? completeHead : head(present(tuple)));
    boolean first = true;
    for (ColumnText column : columns) {
      ValueKind kind = tuple.kind(column.index());
      if (!isPresent(kind)) {
        continue;
      }
      if (!first) {
        out.append(',');
      }
      first = false;
      appendValue(out, column, kind, tuple);
    }
    out.append(']');
  }

  private static void appendValue(JsonBuffer out, ColumnText column, ValueKind kind, Tuple tuple)
      throws IOException {
    int index = column.index();
    if (kind == ValueKind.TEXT) {
      column.format().append(out, tuple.bytes(), tuple.start(index), tuple.length(index));
    } else {
      out.append(ValueFormat.NULL);
    }
  }

  private boolean isComplete(Tuple tuple) {
    for (ColumnText column : columns) {
      if (!isPresent(tuple.kind(column.index()))) {
        return false;
      }
    }
    return true;
  }

  private List<ColumnText> present(Tuple tuple) {
    return List.of(columns).stream()
        .filter(column -> isPresent(tuple.kind(column.index())))
        .toList();
  }

  private boolean isPresent(ValueKind kind) {
    return switch (role) {
      case COLUMN -> kind != ValueKind.UNCHANGED_TOAST;
      case KEY -> kind == ValueKind.TEXT;
    };
  }

  private byte[] head(List<ColumnText> listed) throws IOException {
    String label = role == Role.COLUMN ? "column" : "key";
    JsonBuffer head = new JsonBuffer(full -> {});
    head.append(Ascii.bytes("\"" + label + "names\":["));
    appendAll(head, listed, ColumnText::name);
    head.append(Ascii.bytes("],\"" + label + "types\":["));
    appendAll(head, listed, ColumnText::type);
    head.append(Ascii.bytes("],\"" + label + "values\":["));
    return head.copy();
  }

  private static void appendAll(
      JsonBuffer out, List<ColumnText> listed, Function<ColumnText, byte[]> part)
      throws IOException {
    boolean first = true;
    for (ColumnText column : listed) {
      if (!first) {
        out.append(',');
      }
      first = false;
      out.append(part.apply(column));
    }
  }
}
