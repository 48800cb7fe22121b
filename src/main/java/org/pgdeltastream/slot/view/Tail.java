package org.pgdeltastream.slot.view;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.pgdeltastream.change.HeapShare;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.decoder.PgOutputDecoder;
import org.pgdeltastream.feed.Router;
import org.pgdeltastream.feed.ViewOptions;
import org.pgdeltastream.feed.log.Cursor;
import org.pgdeltastream.feed.log.FrameLog;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.journal.JournalScan;
import org.pgdeltastream.snapshot.Visibility;
import org.pgdeltastream.spool.Spool;

/**
 * Writes what the feed had after a position, and a snapshot does not see, behind the snapshot's
 * rows. For one thread.
 */
final class Tail {
  private static final long LOG_BYTES = 256 * 1024;

  private final SpoolSource feed;
  private final Spool spool;
  private final Router router;
  private final ViewOptions view;
  private final FrameLog log;
  private final Cursor cursor;

  Tail(SpoolSource feed, ViewOptions view, Lsn after, Spool spool) {
    this.feed = feed;
    this.spool = spool;
    this.view = view;
    this.router = new Router(feed.catalog(), LOG_BYTES, after, this::copyOrFail);
    this.log = router.log(view, Framing.TEXTS);
    this.cursor = requireNonNull(log.cursorAfter(after, 0), "its begin");
  }

  /** Returns where it ends: who has the file goes on from there; NONE: it is not whole. */
  Lsn write(Visibility snapshot) throws IOException {
    Unseen unseen = new Unseen(snapshot, router);
    Lsn end = feed.journal().end(); // before: so far at least it is read
    spool.kind(Spool.Kind.CHANGE);
    try (HeapShare heap = feed.heap().share();
        JournalScan scan = feed.journal().scan(router.head())) {
      PgOutputDecoder decoder = new PgOutputDecoder(unseen, feed.encoding(), heap);
      while (scan.next()) {
        router.position(scan.walPosition());
        decoder.decode(scan.bytes(), scan.start(), scan.end());
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    copy();
    if (router.lostAfter(view, Lsn.NONE).isPresent()
        || log.isPast(cursor)) { // what comes is missing
      return Lsn.NONE;
    }
    return end.max(unseen.end()).max(router.head());
  }

  private void copyOrFail() {
    try {
      copy();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A line is a message. */
  private void copy() throws IOException {
    router.publish();
    FrameLog.Published published = log.published();
    for (int count = cursor.available(published); count > 0; ) {
      int line = lineLength(cursor.bytes(), cursor.offset(), count);
      if (line < count) {
        spool.last(cursor.bytes(), cursor.offset(), line, Lsn.NONE);
        cursor.advance(line + 1);
      } else {
        spool.part(cursor.bytes(), cursor.offset(), count);
        cursor.advance(count);
      }
      count = cursor.available(published);
    }
  }

  private static int lineLength(byte[] bytes, int start, int count) {
    int length = 0;
    while (length < count && bytes[start + length] != '\n') {
      length++;
    }
    return length;
  }
}
