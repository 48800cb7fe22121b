package org.pgdeltastream.slot.scan;

import java.io.IOException;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.journal.Journal;
import org.pgdeltastream.journal.MessageScan;

/** What a feed can send again: its journal, and what was before. For any thread. */
public final class Past {
  private final Journal journal;
  private volatile History history = History.NONE;

  public Past(Journal journal) {
    this.journal = journal;
  }

  /** From now on positions before the journal's are found there. */
  public void before(History older) {
    history = older;
  }

  /** Whether it goes back so far, as far as that is known; never waits. */
  public boolean covers(Lsn after) {
    return journal.covers(after) || history.covers(after);
  }

  /** Up to where {@link #scan} reads at least. */
  Lsn end() {
    return journal.end();
  }

  /** Reads from one position up to another, at least; may wait. */
  MessageScan scan(Lsn after, Lsn until) throws IOException {
    return journal.covers(after) ? journal.scan(after) : history.scan(after, until);
  }
}
