package org.pgdeltastream.change;

import java.util.List;

/** What pgoutput does not say about a relation; asked once for each Relation message. */
public interface Catalog {
  /** One for each column, in the relation's order. */
  List<ColumnDetails> details(Relation relation);

  /** The number of a replication origin, 0 if it is not known any more; asked once for each. */
  int originNumber(String originName);
}
