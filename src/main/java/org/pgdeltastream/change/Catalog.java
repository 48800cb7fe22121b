package org.pgdeltastream.change;

import java.util.List;

/** What pgoutput does not say about a relation; asked once for each Relation message. */
public interface Catalog {
  /**
   * One for each column, in the relation's order.
   *
   * @param commit where the commit of the transaction stands that describes the relation
   */
  List<ColumnDetails> details(Relation relation, Lsn commit);

  /** The number of a replication origin, 0 if it is not known any more; asked once for each. */
  int originNumber(String originName);
}
