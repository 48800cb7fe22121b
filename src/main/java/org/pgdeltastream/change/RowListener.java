package org.pgdeltastream.change;

import java.io.IOException;
import java.util.List;

/** Rows of a table as they are read: first the columns, then each row, then the end. */
public interface RowListener {
  void columns(List<Column> columns) throws IOException;

  /** The tuple ends with the call. */
  void row(Tuple row) throws IOException;

  void end() throws IOException;
}
