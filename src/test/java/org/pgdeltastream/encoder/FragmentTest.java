package org.pgdeltastream.encoder;

import static java.util.Comparator.reverseOrder;
import static org.assertj.core.api.Assertions.assertThat;
import static org.pgdeltastream.encoder.Tuples.NULL;
import static org.pgdeltastream.encoder.Tuples.USERS;
import static org.pgdeltastream.encoder.Tuples.tuple;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.Begin;
import org.pgdeltastream.change.Commit;
import org.pgdeltastream.change.LogicalMessage;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.encoder.RecordingOutput.Message;

/** Messages above the bound. {@link RecordingOutput} refuses a piece that is not UTF-8. */
class FragmentTest {
  private static final int BOUND = 64 * 1024;
  private static final Lsn END = Lsn.parse("16/3002D50");

  private final RecordingOutput output = new RecordingOutput();
  private final TransactionEncoder encoder =
      new TransactionEncoder(ChangeOptions.usual(), Tuples.catalog(Tuples::typeNames), output);

  @Test
  void cutsALargeTransactionBetweenChanges() throws IOException {
    begin();
    for (int id = 0; id < 2000; id++) {
      encoder.insert(USERS, tuple(String.valueOf(id), "日本語😀\n", "1"));
    }
    assertThat(output.openPieces()).hasSizeGreaterThan(3);
    assertThat(output.openPieces().get(0)).startsWith("{\"change\":[{\"kind\":\"insert\"");
    assertThat(output.openPieces()).allMatch(piece -> piece.endsWith("]}"));
    commit();
    Message message = whole();
    assertThat(message.text()).endsWith("],\"nextlsn\":\"16/3002D50\"}");
    assertThat(parse(message.text()).getJsonArray("change")).hasSize(2000);
  }

  @Test
  void cutsALargeChangeBetweenCharacters() throws IOException {
    for (int shift = 0; shift < 4; shift++) {
      String name = "x".repeat(shift) + "😀".repeat(100_000);
      begin();
      encoder.insert(USERS, tuple("1", name, NULL));
      commit();
      Message message = whole();
      assertThat(name(message, 0)).isEqualTo(name);
    }
  }

  @Test
  void keepsItsBufferSmallWhateverTheChange() throws IOException {
    Envelope writer = new Envelope(output);
    writer.start();
    writer.startChange();
    writer.text().appendQuoted("\u0001".repeat(3_000_000));
    assertThat(writer.text().bytes().length).isLessThan(4 * BOUND);
  }

  @Test
  void sendsASmallMessageWholeAndALargerOneInPieces() throws IOException {
    List<Integer> pieces = new ArrayList<>();
    List<Boolean> first = new ArrayList<>();
    for (int size = BOUND - 400; size < BOUND + 400; size++) {
      begin();
      encoder.insert(USERS, tuple("1", "x".repeat(size), NULL));
      commit();
      Message message = whole();
      boolean positionFirst =
          message.text().startsWith("{\"nextlsn\":\"16/3002D50\",\"change\":[{");
      boolean positionLast = message.text().endsWith("}],\"nextlsn\":\"16/3002D50\"}");
      assertThat(positionFirst).as("%d characters", size).isNotEqualTo(positionLast);
      assertThat(message.pieces().size()).isLessThanOrEqualTo(positionFirst ? 1 : 2);
      pieces.add(message.pieces().size());
      first.add(positionFirst);
      output.messages().clear();
    }
    assertThat(pieces).startsWith(1).endsWith(2).isSorted();
    assertThat(first).startsWith(true).endsWith(false).isSortedAccordingTo(reverseOrder());
  }

  @Test
  void readsTheSameWhateverTheSizes() throws IOException {
    Random random = new Random(11);
    for (int round = 0; round < 40; round++) {
      List<String> names =
          random.ints(30, 0, 12_000).mapToObj(length -> "aé\"日😀".repeat(length / 5)).toList();
      begin();
      for (String name : names) {
        encoder.insert(USERS, tuple("1", name, "2"));
      }
      commit();
      Message message = whole();
      for (int i = 0; i < names.size(); i++) {
        assertThat(name(message, i)).isEqualTo(names.get(i));
      }
      output.messages().clear();
    }
  }

  @Test
  void sendsALargeMessageOfItsOwnInPieces() throws IOException {
    String content = "é".repeat(200_000);
    encoder.message(new LogicalMessage(false, Lsn.NONE, "p", content));
    Message message = output.messages().get(0);
    assertThat(message.pieces()).hasSizeGreaterThan(6).allMatch(length -> length <= BOUND);
    assertThat(message.endLsn()).isEqualTo(Lsn.NONE);
    JsonObject only = parse(message.text()).getJsonArray("change").getJsonObject(0);
    assertThat(only.getString("content")).isEqualTo(content);
  }

  /** The last message, every piece within the bound, its position right. */
  private Message whole() {
    Message message = output.messages().get(output.messages().size() - 1);
    assertThat(output.openPieces()).isEmpty();
    assertThat(message.pieces()).allMatch(length -> length > 0 && length <= BOUND);
    assertThat(message.endLsn()).isEqualTo(END);
    assertThat(parse(message.text()).getString("nextlsn")).isEqualTo("16/3002D50");
    return message;
  }

  private static String name(Message message, int change) {
    return parse(message.text())
        .getJsonArray("change")
        .getJsonObject(change)
        .getJsonArray("columnvalues")
        .getString(1);
  }

  private static JsonObject parse(String text) {
    return Json.createReader(new StringReader(text)).readObject();
  }

  private void begin() throws IOException {
    encoder.begin(new Begin(END, 0, 1));
  }

  private void commit() throws IOException {
    encoder.commit(new Commit(END, END, 0));
  }
}
