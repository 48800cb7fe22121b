package org.pgdeltastream.snapshot;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.util.Optional;
import org.pgdeltastream.change.RowListener;
import org.pgdeltastream.change.Tuple;

/**
 * Passes a page's rows on without the position that stands behind their values, and knows
 * afterwards whether there were more than the page holds and where its last row lies.
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
    last.addText(row.start(width), row.length(width));
    last.addText(row.start(width + 1), row.length(width + 1));
    row.shorten(width);
    rows.row(row);
  }

  boolean hasMore() {
    return count > limit;
  }

  /** The page's last row; empty if it has none. */
  Optional<RowPosition> last() {
    return last.size() == 0 ? Optional.empty() : RowPosition.parse(text(0) + " " + text(1));
  }

  private String text(int column) {
    return new String(last.bytes(), last.start(column), last.length(column), US_ASCII);
  }
}
