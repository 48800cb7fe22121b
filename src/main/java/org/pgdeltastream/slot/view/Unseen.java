package org.pgdeltastream.slot.view;

import java.io.IOException;
import java.util.List;
import org.pgdeltastream.change.Begin;
import org.pgdeltastream.change.ChangeListener;
import org.pgdeltastream.change.Commit;
import org.pgdeltastream.change.LogicalMessage;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OldTupleKind;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.TruncateOptions;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.snapshot.Visibility;

/**
 * Passes on the transactions that a snapshot does not see, without their positions: nobody can go
 * on from one, since what the snapshot sees would come again.
 */
final class Unseen implements ChangeListener {
  private final Visibility snapshot;
  private final ChangeListener to;
  private boolean skips;
  private Lsn end = Lsn.NONE;

  Unseen(Visibility snapshot, ChangeListener to) {
    this.snapshot = snapshot;
    this.to = to;
  }

  /** Where the last one ended, seen or not. */
  Lsn end() {
    return end;
  }

  @Override
  public void begin(Begin begin) throws IOException {
    skips = snapshot.sees(begin.xid());
    if (!skips) {
      to.begin(begin);
    }
  }

  @Override
  public void insert(Relation relation, Tuple newTuple) throws IOException {
    if (!skips) {
      to.insert(relation, newTuple);
    }
  }

  @Override
  public void update(Relation relation, OldTupleKind kind, Tuple before, Tuple after)
      throws IOException {
    if (!skips) {
      to.update(relation, kind, before, after);
    }
  }

  @Override
  public void delete(Relation relation, OldTupleKind oldKind, Tuple oldTuple) throws IOException {
    if (!skips) {
      to.delete(relation, oldKind, oldTuple);
    }
  }

  @Override
  public void truncate(List<Relation> tables, TruncateOptions how) throws IOException {
    if (!skips) {
      to.truncate(tables, how);
    }
  }

  @Override
  public void message(LogicalMessage message) throws IOException {
    if (!skips || !message.transactional()) {
      to.message(message);
    }
  }

  @Override
  public void commit(Commit commit) throws IOException {
    end = end.max(commit.endLsn());
    if (!skips) {
      to.commit(new Commit(commit.commitLsn(), Lsn.NONE, commit.commitTime()));
    }
    skips = false;
  }
}
