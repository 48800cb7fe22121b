package org.pgdeltastream.replication.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.Column;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.ReplicaIdentity;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.replication.connection.DescribedRelations.Answer;

class DescribedRelationsTest {
  private static final Lsn NOW = new Lsn(100);
  private static final Lsn BEFORE = new Lsn(99);

  private final DescribedRelations described = new DescribedRelations();

  @Test
  void answersForWhatWasCommittedBeforeAndHasTheSameColumns() {
    described.add(1, answer(2));
    assertThat(described.find(relation(1, 2), BEFORE)).isPresent();
    assertThat(described.find(relation(1, 2), NOW)).isEmpty();
    assertThat(described.find(relation(1, 3), BEFORE)).isEmpty();
    assertThat(described.find(relation(2, 2), BEFORE)).isEmpty();
  }

  @Test
  void forgetsAllBeforeItHoldsMoreThanTwentyThousandTables() {
    described.addAlike(IntStream.range(0, 30_000).boxed().toList(), answer(1));
    assertThat(described.find(relation(19_999, 1), BEFORE)).isPresent();
    assertThat(described.find(relation(20_000, 1), BEFORE)).isEmpty();
    described.add(20_000, answer(1));
    assertThat(described.find(relation(20_000, 1), BEFORE)).isPresent();
    assertThat(described.find(relation(19_999, 1), BEFORE)).isEmpty();
  }

  @Test
  void forgetsAllBeforeItHoldsMoreThanTwentyThousandColumns() {
    for (int id = 0; id < 20; id++) {
      described.add(id, answer(1000));
    }
    assertThat(described.find(relation(0, 1000), BEFORE)).isPresent();
    described.add(20, answer(1));
    assertThat(described.find(relation(20, 1), BEFORE)).isPresent();
    assertThat(described.find(relation(0, 1000), BEFORE)).isEmpty();
  }

  private static Answer answer(int columns) {
    return new Answer(columns(columns), List.of(), NOW);
  }

  private static Relation relation(int id, int columns) {
    return new Relation(
        id, new TableName("public", "t"), ReplicaIdentity.DEFAULT, columns(columns));
  }

  private static List<Column> columns(int count) {
    return Collections.nCopies(count, new Column(false, "a", 23, -1));
  }
}
