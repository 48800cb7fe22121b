package org.pgdeltastream.change;

import java.util.List;

/** What pgoutput does not say about a relation; asked once for each Relation message. */
public interface Catalog {
  /**
   * One for each column, in the relation's order.
   *
   * @param commit position of the commit of the transaction that describes the relation
   */
  List<ColumnDetails> details(Relation relation, Lsn commit);

  /** The number of a replication origin, 0 if PostgreSQL does not know it; asked once for each. */
  int originNumber(String originName);
}
