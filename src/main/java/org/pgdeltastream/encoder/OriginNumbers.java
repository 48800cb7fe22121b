package org.pgdeltastream.encoder;

import java.util.HashMap;
import java.util.Map;
import org.pgdeltastream.change.Begin;
import org.pgdeltastream.change.Catalog;

/** The numbers of the replication origins seen so far; 0 is this server itself. */
final class OriginNumbers {
  private final Catalog catalog;
  private final Map<String, Integer> numbers = new HashMap<>();

  OriginNumbers(Catalog catalog) {
    this.catalog = catalog;
  }

  int number(Begin begin) {
    if (begin.origin().isEmpty()) {
      return 0;
    }
    return numbers.computeIfAbsent(begin.origin(), catalog::originNumber);
  }
}
