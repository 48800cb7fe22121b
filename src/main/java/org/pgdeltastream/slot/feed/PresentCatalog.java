package org.pgdeltastream.slot.feed;

import java.util.List;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.ColumnDetails;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.Relation;

/** The catalog of a feed's present connection; the feed's router outlives connections. */
final class PresentCatalog implements Catalog {
  private volatile Catalog present;

  PresentCatalog(Catalog first) {
    this.present = first;
  }

  void set(Catalog catalog) {
    present = catalog;
  }

  @Override
  public List<ColumnDetails> details(Relation relation, Lsn commit) {
    return present.details(relation, commit);
  }

  @Override
  public int originNumber(String originName) {
    return present.originNumber(originName);
  }
}
