package org.pgdeltastream.snapshot;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.pgdeltastream.change.RowListener;
import org.pgdeltastream.change.Tuple;

/**
 * Passes on a page's rows without the marks behind their values, and knows afterwards whether there
 * were more rows than the page holds, and the marks of its last row.
 */
final class PageRows {
  private final RowListener rows;
  private final int width;
  private final long limit;
  private final Tuple last = new Tuple();
  private long count;

  PageRows(RowListener rows, int width, long limit) {
    this.rows = rows;
    this.width = width;
    this.limit = limit;
  }

  void row(Tuple row) throws IOException {
    count++;
    if (count > limit) {
      return;
    }
    last.reset(row.bytes());
    for (int mark = width; mark < row.size(); mark++) {
      last.addText(row.start(mark), row.length(mark));
    }
    row.shorten(width);
    rows.row(row);
  }

  boolean hasMore() {
    return count > limit;
  }

  /** The marks behind the values of the page's last row; nothing if it has none. */
  List<String> lastMarks() {
    return IntStream.range(0, last.size()).mapToObj(this::text).toList();
  }

  private String text(int column) {
    return new String(last.bytes(), last.start(column), last.length(column), US_ASCII);
  }
}
