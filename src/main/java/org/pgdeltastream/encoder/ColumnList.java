package org.pgdeltastream.encoder;

import java.io.IOException;
import java.util.List;
import java.util.function.Function;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.change.ValueKind;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.change.option.Detail;

/**
 * The arrays that list columns in a change of format 1: names, types, values and what else is asked
 * for. All but the values are made once and copied, unless a tuple leaves columns out.
 */
final class ColumnList {
  private static final byte[] UNCHANGED = Ascii.bytes(",\"unchanged\":");

  /** What the arrays are called, and which values they leave out. */
  enum Role {
    /** The new row: only a value that was not sent is left out. */
    COLUMN,
    /** The old key: nulls are left out too. */
    KEY
  }

  private final Role role;
  private final ChangeOptions options;
  private final ColumnText[] columns;
  private final byte[] completeHead;

  ColumnList(Role role, List<ColumnText> columns, ChangeOptions options) throws IOException {
    this.role = role;
    this.options = options;
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

  /** Names of the columns whose values were not sent; nothing if all were. */
  void appendUnchanged(JsonBuffer out, Tuple tuple) throws IOException {
    if (isComplete(tuple)) {
      return;
    }
    List<ColumnText> unchanged =
        List.of(columns).stream().filter(column -> !isPresent(tuple.kind(column.index()))).toList();
    out.append(UNCHANGED);
    appendAll(out, unchanged, ColumnText::name);
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
    appendArray(head, label + "names", listed, ColumnText::name);
    if (options.has(Detail.TYPES)) {
      appendArray(head, label + "types", listed, ColumnText::type);
    }
    if (options.has(Detail.TYPE_OIDS)) {
      appendArray(head, label + "typeoids", listed, ColumnText::typeOid);
    }
    if (role == Role.COLUMN) {
      appendDetails(head, listed);
    }
    head.append(Ascii.bytes("\"" + label + "values\":["));
    return head.copy();
  }

  private void appendDetails(JsonBuffer head, List<ColumnText> listed) throws IOException {
    if (options.has(Detail.COLUMN_POSITIONS)) {
      appendArray(head, "columnpositions", listed, ColumnText::position);
    }
    if (options.has(Detail.NOT_NULL)) { // wal2json says it beside the types only
      List<ColumnText> shown = options.has(Detail.TYPES) ? listed : List.of();
      appendArray(head, "columnoptionals", shown, ColumnText::optional);
    }
    if (options.has(Detail.DEFAULTS)) {
      appendArray(head, "columndefaults", listed, ColumnText::defaultValue);
    }
  }

  private static void appendArray(
      JsonBuffer out, String label, List<ColumnText> listed, Function<ColumnText, byte[]> part)
      throws IOException {
    out.append(Ascii.bytes("\"" + label + "\":"));
    appendAll(out, listed, part);
    out.append(',');
  }

  static void appendAll(JsonBuffer out, List<ColumnText> listed, Function<ColumnText, byte[]> part)
      throws IOException {
    out.append('[');
    boolean first = true;
    for (ColumnText column : listed) {
      if (!first) {
        out.append(',');
      }
      first = false;
      out.append(part.apply(column));
    }
    out.append(']');
  }
}
