package org.pgdeltastream.replication.connection;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.ColumnDetails;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.Relation;

/**
 * The catalog's answers about relations, for all streams. An answer holds for whatever was
 * committed before it was given: PostgreSQL describes a table to each stream, and again after much
 * that does not change it, but the catalog's answer is the same then. For any thread.
 */
public final class DescribedRelations {
  private static final int MOST_RELATIONS = 20_000;
  private static final int MOST_COLUMNS = 20_000; // some megabytes

  /**
   * What was asked and answered.
   *
   * @param asOf how far PostgreSQL's WAL had come before
   */
  public record Answer(List<Column> columns, List<ColumnDetails> details, Lsn asOf) {
    public Answer {
      columns = List.copyOf(columns);
      details = List.copyOf(details);
    }
  }

  private final Map<Integer, Answer> byId = new HashMap<>();
  private int columns;
  private Lsn last = Lsn.NONE;

  /** The answer that holds for a relation described by a transaction with this commit position. */
  public synchronized Optional<List<ColumnDetails>> find(Relation relation, Lsn commit) {
    return Optional.ofNullable(byId.get(relation.id()))
        .filter(answer -> answer.asOf().isAfter(commit))
        .filter(answer -> answer.columns().equals(relation.columns()))
        .map(Answer::details);
  }

  public synchronized void add(int relationId, Answer answer) {
    if (byId.size() >= MOST_RELATIONS || columns >= MOST_COLUMNS) {
      clear();
    }
    columns += answer.columns().size();
    byId.put(relationId, answer);
    last = answer.asOf();
  }

  /** The same answer holds for these. */
  public synchronized void addAlike(List<Integer> relationIds, Answer answer) {
    relationIds.stream().limit(MOST_RELATIONS - byId.size()).forEach(id -> byId.put(id, answer));
  }

  /** Whether the catalog was asked about a relation after this commit. */
  public synchronized boolean isBeforeLast(Lsn commit) {
    return last.isAfter(commit);
  }

  synchronized void clear() {
    byId.clear();
    columns = 0;
    last = Lsn.NONE;
  }
}
