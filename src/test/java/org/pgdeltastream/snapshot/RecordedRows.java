package org.pgdeltastream.snapshot;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.RowListener;
import org.pgdeltastream.change.Tuple;

/** Keeps what it is told: each row as its values joined by bars. */
final class RecordedRows implements RowListener {
  final List<Column> columns = new ArrayList<>();
  final List<String> rows = new ArrayList<>();
  boolean ended;

  @Override
  public void columns(List<Column> all) {
    columns.addAll(all);
  }

  @Override
  public void row(Tuple row) {
    List<String> values = new ArrayList<>();
    for (int column = 0; column < row.size(); column++) {
      values.add(value(row, column));
    }
    rows.add(String.join("|", values));
  }

  @Override
  public void end() {
    ended = true;
  }

  List<String> names() {
    return columns.stream().map(Column::name).toList();
  }

  static String value(Tuple row, int column) {
    return switch (row.kind(column)) {
      case NULL -> "NULL";
      case TEXT -> new String(row.bytes(), row.start(column), row.length(column), UTF_8);
      case UNCHANGED_TOAST -> throw new AssertionError("A snapshot has whole values");
    };
  }
}
