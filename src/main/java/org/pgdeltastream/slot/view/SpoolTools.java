package org.pgdeltastream.slot.view;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.pgdeltastream.replication.wal.HeartbeatWriter;
import org.pgdeltastream.slot.database.Database;
import org.pgdeltastream.slot.database.FeedSettings;
import org.pgdeltastream.snapshot.ViewRead;
import org.pgdeltastream.spool.Spool;

/** PostgreSQL and the files, as a feed's snapshots need them. For any thread. */
final class SpoolTools implements SpoolMaker.Tools, Spool.Allowance {
  private final Database database;
  private final FeedSettings settings;
  private final AtomicLong taken = new AtomicLong();

  SpoolTools(Database database, FeedSettings settings) {
    this.database = database;
    this.settings = settings;
  }

  @Override
  public ViewRead read(Duration limit) throws SQLException {
    return database.snapshots().view(limit);
  }

  @Override
  public void nudge() throws SQLException {
    HeartbeatWriter.write(database.connector(), "");
  }

  @Override
  public Spool file() throws IOException {
    return Spool.create(settings.feedFiles(), this);
  }

  @Override
  public void take(long bytes) throws IOException {
    if (taken.addAndGet(bytes) > settings.feedSnapshotBytes()) {
      taken.addAndGet(-bytes);
      throw new IOException(
          "pgdelta.feed-snapshot-bytes (" + settings.feedSnapshotBytes() + ") is reached");
    }
  }

  @Override
  public void give(long bytes) {
    taken.addAndGet(-bytes);
  }
}
