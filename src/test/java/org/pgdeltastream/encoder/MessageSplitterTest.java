package org.pgdeltastream.encoder;

import static java.nio.charset.StandardCharsets.UTF_8;
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
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.Begin;
import org.pgdeltastream.change.ChangeTally;
import org.pgdeltastream.change.Commit;
import org.pgdeltastream.change.LogicalMessage;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MessageOutput;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.decoder.Wal2JsonDecoder;
import org.pgdeltastream.encoder.RecordingOutput.Message;
import org.pgdeltastream.support.InPlace;

/** What {@code max-message} makes of a transaction, from pgoutput and from wal2json. */
class MessageSplitterTest {
  private static final Lsn END = Lsn.parse("16/3002D50");
  private static final int[] BOUNDS = {1, 200, 1_000, 9_000, 64 * 1024, 200_000, 16 << 20};
  private static final String MORE = "],\"more\":true}";

  @Test
  void joinsToTheWholeMessageWhateverTheSizes() throws IOException {
    for (int seed = 0; seed < 15; seed++) {
      List<String> names = names(new Random(seed));
      for (ChangeOptions options : List.of(ChangeOptions.usual(), headed())) {
        List<String> changes = changes(only(pgoutput(names, options, 0)));
        for (int bound : BOUNDS) {
          String what = "seed " + seed + ", max-message " + bound;
          check(what, pgoutput(names, options, bound), changes, bound, options);
          check(what, wal2json(changes, options, bound), changes, bound, options);
        }
      }
    }
  }

  @Test
  void leavesAMessageThatFitsAsItIs() throws IOException {
    List<String> names = List.of("a", "b");
    Message whole = only(pgoutput(names, headed(), 0));
    int size = whole.text().length();
    assertThat(pgoutput(names, headed(), size)).containsExactly(whole);
    assertThat(pgoutput(names, headed(), size - 1)).hasSize(2);
  }

  @Test
  void leavesAnEmptyTransactionAndAMessageOfItsOwnAsTheyAre() throws IOException {
    RecordingOutput output = new RecordingOutput();
    TransactionEncoder encoder = encoder(ChangeOptions.usual(), new MessageSplitter(1, output));
    encoder.message(new LogicalMessage(false, Lsn.NONE, "p", "x".repeat(200_000)));
    encoder.begin(new Begin(END, 0, 1));
    encoder.commit(new Commit(END, END, 0));
    assertThat(output.texts().get(0))
        .startsWith("{\"change\":[{\"kind\":\"message\"")
        .endsWith("]}");
    assertThat(output.messages().get(0).endLsn()).isEqualTo(Lsn.NONE);
    assertThat(output.texts().get(1)).isEqualTo("{\"nextlsn\":\"16/3002D50\",\"change\":[]}");
  }

  private static void check(
      String what, List<Message> pieces, List<String> changes, int bound, ChangeOptions options) {
    List<String> joined = new ArrayList<>();
    for (int i = 0; i < pieces.size(); i++) {
      Message piece = pieces.get(i);
      String text = piece.text();
      boolean isLast = i == pieces.size() - 1;
      List<String> inside = changes(piece);
      joined.addAll(inside);
      if (text.endsWith(MORE) == isLast
          || text.contains("\"nextlsn\":\"16/3002D50\"") != isLast
          || piece.endLsn().equals(END) != isLast) {
        throw new AssertionError(what + ": piece " + i + " of " + pieces.size());
      }
      int bytes = text.getBytes(UTF_8).length;
      if (bytes > bound && inside.size() != 1) {
        throw new AssertionError(what + ": " + bytes + " bytes, changes: " + inside.size());
      }
      if (text.startsWith("{\"xid\":7,") == options.equals(ChangeOptions.usual())
          || text.contains("\"timestamp\":\"2000-01-01 00:00:00+00\",")
              == options.equals(ChangeOptions.usual())) {
        throw new AssertionError(what + ": head of piece " + i);
      }
    }
    if (!joined.equals(changes)) {
      throw new AssertionError(what + ": the pieces joined are not the whole");
    }
  }

  @Test
  void holdsLittleHoweverLargeTheMessage() throws IOException {
    for (int bound : new int[] {1, 70_000, 16 << 20}) {
      for (int seed = 0; seed < 15; seed++) {
        RecordingOutput output = new RecordingOutput();
        TransactionEncoder encoder = encoder(headed(), splitter(bound, output));
        encoder.begin(new Begin(END, 0, 7));
        int given = 0;
        for (String name : names(new Random(seed))) {
          encoder.insert(USERS, tuple("1", name, NULL));
          given += name.getBytes(UTF_8).length;
          assertThat(sent(output)).isGreaterThan(given - 2 * 64 * 1024);
        }
        encoder.commit(new Commit(END, END, 0));
        assertThat(output.messages().stream().flatMap(one -> one.pieces().stream()))
            .allSatisfy(piece -> assertThat(piece).isLessThanOrEqualTo(64 * 1024 + 3));
      }
    }
  }

  private static int sent(RecordingOutput output) {
    return Stream.concat(output.texts().stream(), output.openPieces().stream())
        .mapToInt(text -> text.getBytes(UTF_8).length)
        .sum();
  }

  @Test
  void beginsAMessageWithAChangeThatIsLargerThanItHolds() throws IOException {
    List<String> names = List.of("a", "b".repeat(200_000), "c", "d");
    assertThat(pgoutput(names, ChangeOptions.usual(), 1 << 20).stream().map(one -> changes(one)))
        .satisfiesExactly(
            first -> assertThat(first).hasSize(1), others -> assertThat(others).hasSize(3));
  }

  @Test
  void takesHeadsAndPiecesOfAnySize() throws IOException {
    for (int seed = 0; seed < 400; seed++) {
      Random random = new Random(seed);
      RecordingOutput output = new RecordingOutput();
      MessageSplitter splitter = new MessageSplitter(1 + random.nextInt(300_000), output);
      String rest = "\"timestamp\":\"" + "1".repeat(random.nextInt(480)) + "\",\"change\":[";
      splitter.head("{".getBytes(UTF_8), rest.getBytes(UTF_8));
      List<String> changes = new ArrayList<>();
      for (int count = 1 + random.nextInt(8); count > 0; count--) {
        String change = "{\"kind\":\"" + "x".repeat(random.nextInt(250_000)) + "\"}";
        changes.add(change);
        splitter.change();
        for (int from = 0; from < change.length(); ) {
          int most = random.nextBoolean() ? 66_000 : 1_000;
          int to = Math.min(change.length(), from + most - random.nextInt(1_000));
          splitter.part(change.getBytes(UTF_8), from, to - from);
          from = to;
        }
      }
      splitter.last(new byte[0], 0, 0, END);
      assertThat(output.messages().stream().flatMap(message -> changes(message).stream()))
          .as("seed " + seed)
          .isEqualTo(changes);
    }
  }

  /** No more pieces than needed: two neighbours never fit together. */
  @Test
  void fillsItsMessages() throws IOException {
    int bound = 5_000;
    List<Message> pieces = pgoutput(names(new Random(3)), ChangeOptions.usual(), bound);
    for (int i = 1; i < pieces.size(); i++) {
      List<String> next = changes(pieces.get(i));
      int before = pieces.get(i - 1).text().getBytes(UTF_8).length;
      int change = next.get(0).getBytes(UTF_8).length;
      assertThat(before + change + 1).isGreaterThan(bound - 40);
    }
    assertThat(pieces.size()).isGreaterThan(2);
  }

  private static List<String> names(Random random) {
    int most = random.nextInt(5) == 0 ? 200_000 : 3_000;
    int count = 1 + random.nextInt(60);
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String tricky = "é日😀\\\",{\"kind\":\"insert\"]}],\"nextlsn\":\"0/1\"}";
      int size = random.nextInt(8) == 0 ? random.nextInt(most) : random.nextInt(100);
      names.add(tricky.repeat(size / 40 + 1));
    }
    return names;
  }

  private static ChangeOptions headed() {
    return ChangeOptions.parse(
        name -> Optional.of("true").filter(yes -> name.matches("include-(xids|timestamp|origin)")));
  }

  private static List<Message> pgoutput(List<String> names, ChangeOptions options, int bound)
      throws IOException {
    RecordingOutput output = new RecordingOutput();
    transaction(names, options, splitter(bound, output));
    assertThat(output.openPieces()).isEmpty();
    return output.messages();
  }

  private static void transaction(List<String> names, ChangeOptions options, MessageOutput output)
      throws IOException {
    TransactionEncoder encoder = encoder(options, output);
    encoder.begin(new Begin(END, 0, 7));
    for (String name : names) {
      encoder.insert(USERS, tuple("1", name, NULL));
    }
    encoder.commit(new Commit(END, END, 0));
  }

  private static List<Message> wal2json(List<String> changes, ChangeOptions options, int bound)
      throws IOException {
    RecordingOutput output = new RecordingOutput();
    Wal2JsonDecoder decoder =
        new Wal2JsonDecoder(options, splitter(bound, output), ChangeTally.NONE);
    boolean usual = options.equals(ChangeOptions.usual());
    chunk(
        decoder,
        usual
            ? "{\"nextlsn\":\"16/3002D50\",\"change\":["
            : "{\"xid\":7,\"nextlsn\":\"16/3002D50\",\"timestamp\":\"2000-01-01 00:00:00+00\","
                + "\"origin\":0,\"change\":[");
    for (int i = 0; i < changes.size(); i++) {
      chunk(decoder, (i == 0 ? "" : ",") + changes.get(i));
    }
    chunk(decoder, "]}");
    assertThat(output.openPieces()).isEmpty();
    return output.messages();
  }

  private static void chunk(Wal2JsonDecoder decoder, String text) throws IOException {
    InPlace.decode(decoder, text.getBytes(UTF_8));
  }

  private static MessageOutput splitter(int bound, RecordingOutput output) {
    return bound == 0 ? output : new MessageSplitter(bound, output);
  }

  private static TransactionEncoder encoder(ChangeOptions options, MessageOutput output) {
    return new TransactionEncoder(options, Tuples.catalog(Tuples::typeNames), output);
  }

  private static Message only(List<Message> messages) {
    assertThat(messages).hasSize(1);
    return messages.get(0);
  }

  private static List<String> changes(Message message) {
    JsonObject whole = Json.createReader(new StringReader(message.text())).readObject();
    return whole.getJsonArray("change").stream().map(change -> change.toString()).toList();
  }
}
