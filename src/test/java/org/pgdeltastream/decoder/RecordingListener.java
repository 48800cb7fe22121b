package org.pgdeltastream.decoder;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.pgdeltastream.change.Begin;
import org.pgdeltastream.change.ChangeListener;
import org.pgdeltastream.change.Commit;
import org.pgdeltastream.change.LogicalMessage;
import org.pgdeltastream.change.OldTupleKind;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.TruncateOptions;
import org.pgdeltastream.change.Tuple;

/** Writes down every call as one line. */
final class RecordingListener implements ChangeListener {
  private final List<String> calls = new ArrayList<>();

  List<String> calls() {
    return calls;
  }

  @Override
  public void begin(Begin begin) {
    calls.add("begin " + begin.commitLsn() + " xid " + begin.xid());
  }

  @Override
  public void insert(Relation relation, Tuple newTuple) {
    calls.add("insert " + relation.name() + " " + values(newTuple));
  }

  @Override
  public void update(Relation relation, OldTupleKind oldKind, Tuple oldTuple, Tuple newTuple) {
    calls.add(
        "update "
            + relation.name()
            + " "
            + oldKind
            + " "
            + values(oldTuple)
            + " -> "
            + values(newTuple));
  }

  @Override
  public void delete(Relation relation, OldTupleKind oldKind, Tuple oldTuple) {
    calls.add("delete " + relation.name() + " " + oldKind + " " + values(oldTuple));
  }

  @Override
  public void truncate(List<Relation> relations, TruncateOptions options) {
    calls.add("truncate " + relations.stream().map(Relation::name).toList() + " " + options);
  }

  @Override
  public void message(LogicalMessage message) {
    calls.add("message " + message);
  }

  @Override
  public void commit(Commit commit) {
    calls.add("commit " + commit.commitLsn() + " end " + commit.endLsn());
  }

  private static List<String> values(Tuple tuple) {
    List<String> values = new ArrayList<>();
    for (int i = 0; i < tuple.size(); i++) {
      values.add(
          switch (tuple.kind(i)) {
            case NULL -> "null";
            case UNCHANGED_TOAST -> "unchanged";
            case TEXT ->
                new String(tuple.bytes(), tuple.start(i), tuple.length(i), StandardCharsets.UTF_8);
          });
    }
    return values;
  }
}
