package org.pgdeltastream.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.change.ChangeTally;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.HeapShare;
import org.pgdeltastream.change.MalformedMessageException;
import org.pgdeltastream.support.InPlace;

class PgOutputDecoderTest {
  // final LSN 0/155A370 | commit time | xid 744
  private static final String BEGIN = "42" + "000000000155a370" + "00030417979c2741" + "000002e8";
  // flags | commit LSN 0/155A370 | end LSN 0/155A3A0 | commit time
  private static final String COMMIT =
      "43" + "00" + "000000000155a370" + "000000000155a3a0" + "00030417979c2741";
  // id 16384 | public | users | default | key id int4 | name text | Größe numeric(6,2)
  private static final String RELATION =
      "52"
          + "00004000"
          + "7075626c696300"
          + "757365727300"
          + "64"
          + "0003"
          + "01"
          + "696400"
          + "00000017"
          + "ffffffff"
          + "00"
          + "6e616d6500"
          + "00000019"
          + "ffffffff"
          + "00"
          + "4772c3b6c39f6500"
          + "000006a4"
          + "00060006";
  // (1, Ann, 1.50)
  private static final String NEW =
      "4e"
          + "0003"
          + "74"
          + "00000001"
          + "31"
          + "74"
          + "00000003"
          + "416e6e"
          + "74"
          + "00000004"
          + "312e3530";
  // (1, null, null)
  private static final String KEY = "4b" + "0003" + "74" + "00000001" + "31" + "6e" + "6e";
  private static final String INSERT = "49" + "00004000" + NEW;
  private static final String UPDATE = "55" + "00004000" + NEW;
  private static final String UPDATE_KEY = "55" + "00004000" + KEY + NEW;
  private static final String DELETE = "44" + "00004000" + KEY;
  // one relation, cascade and restart identity
  private static final String TRUNCATE = "54" + "00000001" + "03" + "00004000";
  // transactional | LSN 0/155EFC8 | p"x | hello "w"é
  private static final String MESSAGE =
      "4d" + "01" + "000000000155efc8" + "70227800" + "0000000b" + "68656c6c6f20227722c3a9";
  // not transactional | LSN 0/155F168 | alone | empty
  private static final String MESSAGE_ALONE =
      "4d" + "00" + "000000000155f168" + "616c6f6e6500" + "00000000";
  // not transactional | LSN 0/155F168 | pgdeltastream | hi
  private static final String HEARTBEAT =
      "4d" + "00" + "000000000155f168" + "706764656c746173747265616d00" + "000000026869";
  // origin LSN 0/1 | far
  private static final String ORIGIN = "4f" + "0000000000000001" + "66617200";
  // id 16444 | public | Mood Ring
  private static final String TYPE = "59" + "0000403c" + "7075626c696300" + "4d6f6f642052696e6700";

  private final RecordingListener listener = new RecordingListener();
  private final PgOutputDecoder decoder = new PgOutputDecoder(listener);

  @Test
  void decodesInserts() throws IOException {
    decode(BEGIN, RELATION, INSERT, COMMIT);
    assertThat(listener.calls())
        .containsExactly(
            "begin 0/155A370 xid 744",
            "insert public.users [1, Ann, 1.50]",
            "commit 0/155A370 end 0/155A3A0");
  }

  @Test
  void decodesUpdatesWithAndWithoutAnOldRow() throws IOException {
    String full = UPDATE_KEY.replaceFirst(KEY, "4f" + KEY.substring(2));
    assertThat(changes(UPDATE, UPDATE_KEY, full))
        .containsExactly(
            "update public.users NONE [] -> [1, Ann, 1.50]",
            "update public.users KEY [1, null, null] -> [1, Ann, 1.50]",
            "update public.users FULL [1, null, null] -> [1, Ann, 1.50]");
  }

  @Test
  void decodesAValueThatWasNotSent() throws IOException {
    String update = "55" + "00004000" + "4e" + "0003" + "74" + "00000000" + "75" + "6e";
    assertThat(changes(update))
        .containsExactly("update public.users NONE [] -> [, unchanged, null]");
  }

  @Test
  void decodesDeletes() throws IOException {
    String full = DELETE.replaceFirst(KEY, "4f" + KEY.substring(2));
    assertThat(changes(DELETE, full))
        .containsExactly(
            "delete public.users KEY [1, null, null]", "delete public.users FULL [1, null, null]");
  }

  @Test
  void decodesTruncates() throws IOException {
    assertThat(changes(TRUNCATE, "54" + "00000002" + "00" + "00004000" + "00004000"))
        .containsExactly(
            "truncate [public.users] TruncateOptions[cascade=true, restartIdentity=true]",
            "truncate [public.users, public.users] "
                + "TruncateOptions[cascade=false, restartIdentity=false]");
  }

  @Test
  void decodesMessagesInAndOutsideATransaction() throws IOException {
    decode(MESSAGE_ALONE, BEGIN, MESSAGE, COMMIT);
    assertThat(listener.calls())
        .containsExactly(
            "message LogicalMessage[transactional=false, lsn=0/155F168, prefix=alone, content=]",
            "begin 0/155A370 xid 744",
            "message LogicalMessage[transactional=true, lsn=0/155EFC8, prefix=p\"x,"
                + " content=hello \"w\"é]",
            "commit 0/155A370 end 0/155A3A0");
  }

  @Test
  void keepsTransactionsWithoutAChangeToItself() throws IOException {
    decode(BEGIN, COMMIT, BEGIN, ORIGIN, TYPE, RELATION, COMMIT);
    assertThat(listener.calls()).isEmpty();
  }

  @Test
  void tellsWhatIsAHeartbeat() throws IOException {
    List<String> heartbeats = new ArrayList<>();
    ChangeTally tally =
        new ChangeTally() {
          @Override
          public void heartbeat(String content) {
            heartbeats.add(content);
          }
        };
    HeapShare heap = HeapBudget.unlimited().share();
    PgOutputDecoder told = new PgOutputDecoder(listener, ServerEncoding.OF_MOST, heap, tally);
    String transactional = HEARTBEAT.replaceFirst("4d00", "4d01");
    for (String message : List.of(BEGIN, MESSAGE, MESSAGE_ALONE, HEARTBEAT, transactional)) {
      InPlace.decode(told, bytes(message));
    }
    assertThat(heartbeats).containsExactly("hi");
  }

  @Test
  void doesNotBeginATransactionForAMessageOutsideIt() throws IOException {
    decode(BEGIN, MESSAGE_ALONE, COMMIT);
    assertThat(listener.calls()).hasSize(1).first().asString().startsWith("message");
  }

  @Test
  void knowsWhetherATransactionIsOpen() throws IOException {
    assertThat(decoder.betweenMessages()).isTrue();
    decode(BEGIN);
    assertThat(decoder.betweenMessages()).isFalse();
    decode(RELATION, INSERT);
    assertThat(decoder.betweenMessages()).isFalse();
    decode(COMMIT, MESSAGE_ALONE);
    assertThat(decoder.betweenMessages()).isTrue();
  }

  @Test
  void readsFromWhereItIsTold() throws IOException {
    for (String message : List.of(BEGIN, RELATION, INSERT, COMMIT)) {
      byte[] around = bytes("777777" + message + "0000");
      decoder.decode(around, 3, around.length - 2);
    }
    assertThat(listener.calls()).contains("insert public.users [1, Ann, 1.50]");
  }

  @Test
  void forgetsTheOldDescriptionOfARelation() throws IOException {
    String narrow =
        "52"
            + "00004000"
            + "00"
            + "757365727300"
            + "6e"
            + "0001"
            + "00"
            + "696400"
            + "00000017"
            + "ffffffff";
    decode(BEGIN, RELATION, narrow, "49" + "00004000" + "4e" + "0001" + "6e");
    assertThat(listener.calls()).contains("insert pg_catalog.users [null]");
    assertMalformed(INSERT);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        BEGIN,
        COMMIT,
        RELATION,
        INSERT,
        UPDATE,
        UPDATE_KEY,
        DELETE,
        TRUNCATE,
        MESSAGE,
        MESSAGE_ALONE,
        ORIGIN,
        TYPE
      })
  void refusesEveryTruncationAndEveryByteTooMany(String message) throws IOException {
    if (!message.equals(BEGIN)) {
      decode(BEGIN, RELATION);
    }
    int before = listener.calls().size();
    byte[] whole = bytes(message);
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> InPlace.decode(decoder, cut))
          .as("cut to %d bytes", length)
          .isInstanceOf(MalformedMessageException.class);
    }
    assertMalformed(message + "00");
    assertThat(listener.calls()).hasSize(before);
  }

  @Test
  void refusesChangesOfRelationsThatWereNeverDescribed() throws IOException {
    decode(BEGIN);
    for (String message : List.of(INSERT, UPDATE, DELETE, TRUNCATE)) {
      assertMalformed(message);
    }
    assertThat(listener.calls()).isEmpty();
  }

  @Test
  void refusesMessagesOutOfOrder() throws IOException {
    assertMalformed(COMMIT);
    decode(RELATION);
    for (String message : List.of(INSERT, UPDATE, DELETE, TRUNCATE, MESSAGE)) {
      assertMalformed(message);
    }
    decode(BEGIN);
    assertMalformed(BEGIN);
  }

  @Test
  void refusesWhatTheProtocolDoesNotHave() throws IOException {
    decode(BEGIN, RELATION);
    assertMalformed(""); // no type
    assertMalformed("5a"); // type Z
    assertMalformed("53" + "00000001" + "01"); // stream start, of version 2
    assertMalformed("49" + "00004000" + "4e" + "0002" + "6e6e"); // too few columns
    assertMalformed("49" + "00004000" + "4e" + "0004" + "6e6e6e6e"); // too many
    assertMalformed(
        "49" + "00004000" + "4e" + "0003" + "6e6e" + "62" + "00000001" + "31"); // binary
    assertMalformed("49" + "00004000" + "4e" + "0003" + "6e6e" + "74" + "ffffffff"); // length -1
    assertMalformed("49" + "00004000" + "4b" + "0003" + "6e6e6e"); // insert of an old row
    assertMalformed("44" + "00004000" + "4e" + "0003" + "6e6e6e"); // delete of a new row
    assertMalformed("55" + "00004000" + KEY + KEY); // two old rows
    assertMalformed("55" + "00004000" + "58" + "0003" + "6e6e6e"); // row kind X
    assertMalformed("54" + "7fffffff" + "00" + "00004000"); // more relations than bytes
    assertMalformed(RELATION.replaceFirst("7300" + "64", "7300" + "65")); // identity e
    assertThat(listener.calls()).isEmpty();
  }

  @Test
  void saysWhereAMessageIsWrong() throws IOException {
    decode(BEGIN, RELATION);
    assertThatThrownBy(() -> decode("54" + "00000002" + "00" + "00004000" + "fffffffe"))
        .hasMessage("Relation 4294967294 was never described at byte 10");
    assertThatThrownBy(() -> decode("49" + "00004000" + "4e" + "0003" + "6e" + "62"))
        .hasMessage("Unknown value kind 98 at byte 9");
    assertThatThrownBy(() -> decode("49" + "00004000" + "4e" + "0002"))
        .hasMessage("Tuple of 2 columns for 3 at byte 6");
  }

  private List<String> changes(String... messages) throws IOException {
    decode(BEGIN, RELATION);
    decode(messages);
    List<String> calls = listener.calls();
    return calls.subList(1, calls.size());
  }

  private void decode(String... messages) throws IOException {
    for (String message : messages) {
      InPlace.decode(decoder, bytes(message));
    }
  }

  private void assertMalformed(String message) {
    assertThatThrownBy(() -> InPlace.decode(decoder, bytes(message)))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessageContaining("at byte");
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }
}
