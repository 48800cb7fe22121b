package org.pgdeltastream.slot.view;

import java.util.List;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.decoder.ServerEncoding;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.journal.Journal;

/** What the snapshots of a feed's views need of the feed. */
public interface SpoolSource {
  /** Up to there the feed has sent everything. */
  Lsn head();

  Journal journal();

  List<String> publications();

  Catalog catalog();

  ServerEncoding encoding();

  FeedPosition.Stamp stamp();

  HeapBudget heap();

  /** It has everything up to there: to be placed in a log. */
  void placeAgain(FeedSubscriber subscriber, Lsn after, long more);

  /** Whether the server stops. */
  boolean isStopping();
}
