package org.pgdeltastream.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pgdeltastream.encoder.Tuples.NULL;
import static org.pgdeltastream.encoder.Tuples.UNCHANGED;
import static org.pgdeltastream.encoder.Tuples.USERS;
import static org.pgdeltastream.encoder.Tuples.tuple;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.Begin;
import org.pgdeltastream.change.Commit;
import org.pgdeltastream.change.LogicalMessage;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OldTupleKind;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.TruncateOptions;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.change.option.ChangeOptions;

class TransactionEncoderTest {
  private static final Lsn COMMIT = Lsn.parse("0/1A1DAE8");
  private static final Lsn END = Lsn.parse("0/1A1DB18");
  private static final String HEAD = "{\"nextlsn\":\"0/1A1DB18\",\"change\":[";
  private static final String USER_COLUMNS =
      "\"columnnames\":[\"id\",\"name\",\"price\"],"
          + "\"columntypes\":[\"integer\",\"text\",\"numeric\"],\"columnvalues\":[";
  private static final Tuple NONE = tuple();

  private final List<Relation> asked = new ArrayList<>();
  private final RecordingOutput output = new RecordingOutput();
  private final TransactionEncoder encoder =
      new TransactionEncoder(
          ChangeOptions.usual(),
          Tuples.catalog(
              relation -> {
                asked.add(relation);
                return Tuples.typeNames(relation);
              }),
          output);

  @Test
  void writesInserts() throws IOException {
    begin();
    encoder.insert(USERS, tuple("1", "Ann", "1.50"));
    encoder.insert(USERS, tuple("2", NULL, NULL));
    commit();
    assertThat(output.texts())
        .containsExactly(
            HEAD
                + "{\"kind\":\"insert\",\"schema\":\"public\",\"table\":\"users\","
                + USER_COLUMNS
                + "1,\"Ann\",1.50]},"
                + "{\"kind\":\"insert\",\"schema\":\"public\",\"table\":\"users\","
                + USER_COLUMNS
                + "2,null,null]}]}");
    assertThat(output.messages().get(0).endLsn()).isEqualTo(END);
  }

  @Test
  void takesAnUnchangedKeyFromTheNewRow() throws IOException {
    encode(OldTupleKind.NONE, NONE, tuple("1", "Bob", "1.50"));
    assertThat(output.texts())
        .containsExactly(updated(USER_COLUMNS + "1,\"Bob\",1.50]", "\"id\"", "\"integer\"", "1"));
  }

  @Test
  void takesAChangedKeyFromTheOldKey() throws IOException {
    encode(OldTupleKind.KEY, tuple("1", NULL, NULL), tuple("3", "Bob", "1.50"));
    assertThat(output.texts())
        .containsExactly(updated(USER_COLUMNS + "3,\"Bob\",1.50]", "\"id\"", "\"integer\"", "1"));
  }

  @Test
  void listsAllOldValuesExceptNullsWithFullIdentity() throws IOException {
    encode(OldTupleKind.FULL, tuple("1", "Ann", NULL), tuple("1", "Bob", "1.50"));
    assertThat(output.texts())
        .containsExactly(
            updated(
                USER_COLUMNS + "1,\"Bob\",1.50]",
                "\"id\",\"name\"",
                "\"integer\",\"text\"",
                "1,\"Ann\""));
  }

  @Test
  void leavesOutValuesThatWereNotSent() throws IOException {
    encode(OldTupleKind.NONE, NONE, tuple("1", UNCHANGED, NULL));
    String columns =
        "\"columnnames\":[\"id\",\"price\"],\"columntypes\":[\"integer\",\"numeric\"],"
            + "\"columnvalues\":[1,null]";
    assertThat(output.texts()).containsExactly(updated(columns, "\"id\"", "\"integer\"", "1"));
  }

  @Test
  void writesOnlyTheKeyOfADeletedRow() throws IOException {
    begin();
    encoder.delete(USERS, OldTupleKind.KEY, tuple("2", NULL, NULL));
    encoder.delete(USERS, OldTupleKind.FULL, tuple(NULL, NULL, NULL));
    commit();
    String opening = "{\"kind\":\"delete\",\"schema\":\"public\",\"table\":\"users\",";
    assertThat(output.texts())
        .containsExactly(
            HEAD
                + opening
                + oldKeys("\"id\"", "\"integer\"", "2")
                + "},"
                + opening
                + oldKeys("", "", "")
                + "}]}");
  }

  @Test
  void writesOneTruncateForEachTable() throws IOException {
    begin();
    encoder.truncate(List.of(USERS, Tuples.relation(2, "a\"b")), new TruncateOptions(true, true));
    commit();
    assertThat(output.texts())
        .containsExactly(
            HEAD
                + "{\"kind\":\"truncate\",\"schema\":\"public\",\"table\":\"users\"},"
                + "{\"kind\":\"truncate\",\"schema\":\"public\",\"table\":\"a\\\"b\"}]}");
  }

  @Test
  void writesAMessageInsideItsTransaction() throws IOException {
    begin();
    encoder.message(new LogicalMessage(true, COMMIT, "p\"x", "hello \"w\"é"));
    commit();
    assertThat(output.texts())
        .containsExactly(
            HEAD
                + "{\"kind\":\"message\",\"transactional\":true,\"prefix\":\"p\\\"x\","
                + "\"content\":\"hello \\\"w\\\"é\"}]}");
  }

  @Test
  void writesAMessageOfItsOwnWithoutAPosition() throws IOException {
    encoder.message(new LogicalMessage(false, COMMIT, "np", "non trans"));
    assertThat(output.texts())
        .containsExactly(
            "{\"change\":[{\"kind\":\"message\",\"transactional\":false,\"prefix\":\"np\","
                + "\"content\":\"non trans\"}]}");
    assertThat(output.messages().get(0).endLsn()).isEqualTo(Lsn.NONE);
  }

  @Test
  void holdsAMessageOfItsOwnUntilTheTransactionHasEnded() throws IOException {
    begin();
    encoder.insert(USERS, tuple("1", "x".repeat(100_000), NULL));
    encoder.message(new LogicalMessage(false, COMMIT, "np", ""));
    commit();
    assertThat(output.messages()).extracting("endLsn").containsExactly(END, Lsn.NONE);
    assertThat(output.texts().get(1)).startsWith("{\"change\":[{\"kind\":\"message\"");
  }

  @Test
  void writesALargePositionInUpperCase() throws IOException {
    begin();
    encoder.commit(new Commit(COMMIT, Lsn.parse("FFFFFFFF/ABCDEF01"), 0));
    assertThat(output.texts()).containsExactly("{\"nextlsn\":\"FFFFFFFF/ABCDEF01\",\"change\":[]}");
  }

  @Test
  void asksForTypeNamesOnceForEachDescription() throws IOException {
    Relation again = Tuples.relation(USERS.id(), "users", USERS.columns().get(0));
    Relation other = Tuples.relation(7, "other", USERS.columns().get(0));
    begin();
    encoder.insert(USERS, tuple("1", "a", "1"));
    encoder.insert(other, tuple("1"));
    encoder.insert(USERS, tuple("2", "a", "1"));
    encoder.insert(again, tuple("3"));
    encoder.insert(other, tuple("1"));
    commit();
    assertThat(asked).containsExactly(USERS, other, again);
    assertThat(output.texts().get(0)).contains("\"columnnames\":[\"id\"],");
  }

  @Test
  void refusesACatalogThatCountsOtherwise() {
    TransactionEncoder wrong =
        new TransactionEncoder(
            ChangeOptions.usual(), Tuples.catalog(relation -> List.of("text")), output);
    assertThatThrownBy(() -> wrong.insert(USERS, tuple("1", "a", "1")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("1 column details for 3 columns");
  }

  private void encode(OldTupleKind oldKind, Tuple oldTuple, Tuple newTuple) throws IOException {
    begin();
    encoder.update(USERS, oldKind, oldTuple, newTuple);
    commit();
  }

  private void begin() throws IOException {
    encoder.begin(new Begin(COMMIT, 0, 745));
  }

  private void commit() throws IOException {
    encoder.commit(new Commit(COMMIT, END, 0));
  }

  private static String updated(String columns, String names, String types, String values) {
    return HEAD
        + "{\"kind\":\"update\",\"schema\":\"public\",\"table\":\"users\","
        + columns
        + ","
        + oldKeys(names, types, values)
        + "}]}";
  }

  private static String oldKeys(String names, String types, String values) {
    return "\"oldkeys\":{\"keynames\":["
        + names
        + "],\"keytypes\":["
        + types
        + "],\"keyvalues\":["
        + values
        + "]}";
  }
}
