package org.pgdeltastream.snapshot;

import java.util.List;
import java.util.Optional;

/**
 * An order that is a key's, so that a page can begin behind any row at no cost.
 *
 * @param key the key's columns in its order
 * @param after the last row of the page before; the page begins behind it
 */
record Keyset(List<String> key, boolean ascending, Optional<RowPosition> after) {
  Keyset {
    key = List.copyOf(key);
  }
}
