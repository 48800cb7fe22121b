package org.pgdeltastream.slot.scan;

import java.io.IOException;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.journal.MessageScan;

/** Where a feed's changes are from before its journal. For any thread. */
public interface History {
  /** There is none. */
  History NONE =
      new History() {
        @Override
        public boolean covers(Lsn after) {
          return false;
        }

        @Override
        public MessageScan scan(Lsn after, Lsn until) throws IOException {
          throw new IOException("There is no history");
        }
      };

  /** Whether it goes back so far, as far as that is known; never waits. */
  boolean covers(Lsn after);

  /** Reads it from one position up to another; may wait. */
  MessageScan scan(Lsn after, Lsn until) throws IOException;
}
