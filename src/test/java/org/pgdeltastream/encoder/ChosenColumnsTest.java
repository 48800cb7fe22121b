package org.pgdeltastream.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgdeltastream.encoder.Tuples.NULL;
import static org.pgdeltastream.encoder.Tuples.UNCHANGED;
import static org.pgdeltastream.encoder.Tuples.USERS;
import static org.pgdeltastream.encoder.Tuples.tuple;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.Begin;
import org.pgdeltastream.change.ChangeListener;
import org.pgdeltastream.change.Commit;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OldTupleKind;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.ReplicaIdentity;
import org.pgdeltastream.change.option.ChangeOptions;

/** A client that chooses columns gets these, and of old rows also those that tell which it was. */
class ChosenColumnsTest {
  private static final Relation FULL =
      new Relation(16385, USERS.name(), ReplicaIdentity.FULL, USERS.columns());

  private final RecordingOutput output = new RecordingOutput();

  @Test
  void inFormat1() throws IOException {
    changes(new TransactionEncoder(options("1"), Tuples.catalog(Tuples::typeNames), output));
    String table = "\"schema\":\"public\",\"table\":\"users\",";
    String price = "\"columnnames\":[\"price\"],\"columnvalues\":";
    String id = "\"oldkeys\":{\"keynames\":[\"id\"],\"keyvalues\":[1]}";
    assertThat(output.texts())
        .containsExactly(
            "{\"nextlsn\":\"0/2\",\"change\":["
                + ("{\"kind\":\"insert\"," + table + price + "[1.50]},")
                + ("{\"kind\":\"update\"," + table + price + "[null]," + id + "},")
                + ("{\"kind\":\"update\"," + table + price + "[2]," + id + "},")
                + ("{\"kind\":\"delete\"," + table + id + "},")
                + ("{\"kind\":\"delete\"," + table)
                + "\"oldkeys\":{\"keynames\":[\"price\"],\"keyvalues\":[3]}}]}");
  }

  @Test
  void inFormat2() throws IOException {
    changes(new ActionEncoder(options("2"), Tuples.catalog(Tuples::typeNames), output));
    String table = "\"schema\":\"public\",\"table\":\"users\",";
    String price = "\"columns\":[{\"name\":\"price\",\"value\":";
    String id = "\"identity\":[{\"name\":\"id\",\"value\":1}]}";
    assertThat(output.texts())
        .containsExactly(
            "{\"action\":\"B\"}",
            "{\"action\":\"I\"," + table + price + "1.50}]}",
            "{\"action\":\"U\"," + table + price + "null}]," + id,
            "{\"action\":\"U\"," + table + price + "2}]," + id,
            "{\"action\":\"D\"," + table + id,
            "{\"action\":\"D\"," + table + "\"identity\":[{\"name\":\"price\",\"value\":3}]}",
            "{\"action\":\"C\",\"nextlsn\":\"0/2\"}");
  }

  private static void changes(ChangeListener to) throws IOException {
    to.begin(new Begin(new Lsn(1), 0, 7));
    to.insert(USERS, tuple("1", "Ann", "1.50"));
    to.update(USERS, OldTupleKind.NONE, tuple(), tuple("1", UNCHANGED, NULL));
    to.update(USERS, OldTupleKind.KEY, tuple("1", NULL, NULL), tuple("9", "Bob", "2"));
    to.delete(USERS, OldTupleKind.KEY, tuple("1", NULL, NULL));
    to.delete(FULL, OldTupleKind.FULL, tuple("1", "Ann", "3"));
    to.commit(new Commit(new Lsn(1), new Lsn(2), 0));
  }

  private static ChangeOptions options(String format) {
    Map<String, String> words = Map.of("format", format, "include-types", "0");
    return ChangeOptions.parse(name -> Optional.ofNullable(words.get(name)))
        .withColumns(Map.of(USERS.name(), List.of("price")));
  }
}
