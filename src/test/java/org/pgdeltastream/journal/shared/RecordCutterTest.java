package org.pgdeltastream.journal.shared;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.slot.feed.PgOutputBytes;
import org.pgdeltastream.support.Seeds;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class RecordCutterTest {
  private static long seed = Seeds.first();

  private final Random random = new Random(seed++);
  private final List<LogRecord> log = new ArrayList<>();

  private RecordCutter cutter(long from, long term) {
    RecordHeader like =
        new RecordHeader(RecordKind.TERM, 0, new Lsn(from), new Lsn(from), term, 1, 1);
    return new RecordCutter(
        like,
        new Lsn(from),
        HeapBudget.unlimited().share(),
        (header, body) -> log.add(new LogRecord(header, body, log.size())));
  }

  private static void add(RecordCutter cutter, PgOutputBytes.Message one) throws LogException {
    byte[] framed = new byte[one.bytes().length + 7]; // it stands in a larger buffer
    System.arraycopy(one.bytes(), 0, framed, 4, one.bytes().length);
    cutter.add(framed, 4, framed.length - 3, one.position());
  }

  /** What a reader of the log gets, but for what is described again. */
  private final class Reader {
    private final Chain chain = new Chain();
    private final RecordMessages messages = new RecordMessages(HeapBudget.unlimited().share());
    private final List<String> got = new ArrayList<>();
    private final Set<Integer> described = new HashSet<>();
    private Lsn has;

    Reader(long from) {
      has = new Lsn(from);
      chain.startAt(has, 1);
    }

    void readAll() throws IOException {
      for (LogRecord record : log) {
        assertThat(record.body().length)
            .isLessThanOrEqualTo(RecordCutter.MOST + RecordCutter.HEADER);
        switch (chain.take(record.header())) {
          case KNOWN -> {}
          case HOLE -> throw new IOException("A hole before " + record.header());
          case INSTEAD -> {
            messages.forget();
            read(record);
          }
          case NEW -> read(record);
        }
      }
    }

    private void read(LogRecord record) throws IOException {
      if (!record.header().kind().continues()) {
        described.clear();
      }
      messages.read(record.body(), this::message);
    }

    private void message(byte[] bytes, int start, int end, long position) {
      ByteBuffer in = ByteBuffer.wrap(bytes, start, end - start).slice();
      if (in.get(0) == 'R') {
        described.add(in.getInt(1));
        return;
      }
      if (in.get(0) == 'I') {
        assertThat(described).contains(in.getInt(1));
      }
      got.add(text(bytes, start, end, position));
    }
  }

  private static String text(byte[] bytes, int start, int end, long position) {
    ByteBuffer part = ByteBuffer.wrap(bytes, start, end - start);
    return position + " " + StandardCharsets.ISO_8859_1.decode(Base64.getEncoder().encode(part));
  }

  private static List<String> texts(List<PgOutputBytes.Part> parts) {
    List<String> all = new ArrayList<>();
    for (PgOutputBytes.Part part : parts) {
      for (PgOutputBytes.Message one : part.messages()) {
        all.add(text(one.bytes(), 0, one.bytes().length, one.position()));
      }
    }
    return all;
  }

  private List<PgOutputBytes.Part> parts(int count) {
    PgOutputBytes source = new PgOutputBytes(random);
    List<PgOutputBytes.Part> parts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      parts.add(source.next());
    }
    return parts;
  }

  private void write(RecordCutter cutter, List<PgOutputBytes.Part> parts) throws LogException {
    for (PgOutputBytes.Message relation : PgOutputBytes.relations()) {
      add(cutter, relation);
    }
    for (PgOutputBytes.Part part : parts) {
      for (PgOutputBytes.Message one : part.messages()) {
        add(cutter, one);
        if (random.nextInt(30) == 0) {
          cutter.flush();
        }
      }
    }
    cutter.flush();
  }

  @RepeatedTest(20)
  void eachRecordCanBeReadAlone() throws IOException {
    List<PgOutputBytes.Part> parts = parts(150);
    write(cutter(1_000, 1), parts);
    Reader reader = new Reader(1_000);
    reader.readAll();
    assertThat(reader.got).isEqualTo(texts(parts));
    assertThat(reader.chain.max()).isEqualTo(parts.get(parts.size() - 1).end());
  }

  @RepeatedTest(20)
  void anotherLeaderGoesOnWhereTheLogEnds() throws IOException {
    List<PgOutputBytes.Part> parts = parts(150);
    write(cutter(1_000, 1), parts.subList(0, 100));
    int ended = random.nextInt(100);
    write(cutter(parts.get(ended).end().value(), 2), parts);
    Reader reader = new Reader(1_000);
    reader.readAll();
    assertThat(reader.chain.max()).isEqualTo(parts.get(parts.size() - 1).end());
    assertThat(new HashSet<>(reader.got)).isEqualTo(new HashSet<>(texts(parts)));
  }

  @Test
  void leavesOutTransactionsWithoutChanges() throws IOException {
    RecordCutter cutter = cutter(1_000, 1);
    add(cutter, begin(1_100));
    add(cutter, commit(1_100, 1_110));
    cutter.flush();
    assertThat(log).isEmpty();
    assertThat(cutter.isBehind(Lsn.NONE)).isTrue();
    cutter.movedTo(new Lsn(1_200));
    assertThat(log)
        .singleElement()
        .extracting(LogRecord::header)
        .isEqualTo(
            new RecordHeader(RecordKind.POSITION, 0, new Lsn(1_000), new Lsn(1_200), 1, 1, 1));
    assertThat(cutter.isBehind(new Lsn(1_200))).isFalse();
  }

  @Test
  void aMessageOfItsOwnMayBeLargerThanARecord() throws IOException {
    RecordCutter cutter = cutter(1_000, 1);
    byte[] content = new byte[3 * RecordCutter.MOST];
    ByteBuffer message = ByteBuffer.allocate(content.length + 30);
    message
        .put((byte) 'M')
        .put((byte) 0)
        .putLong(1_500)
        .put("p\0".getBytes(StandardCharsets.UTF_8));
    message.putInt(content.length).put(content);
    cutter.add(message.array(), 0, message.position(), 1_400);
    cutter.add(message.array(), 0, message.position(), 1_400); // again: it is known
    cutter.flush();
    Reader reader = new Reader(1_000);
    reader.readAll();
    assertThat(reader.got).containsExactly(text(message.array(), 0, message.position(), 1_400));
    assertThat(reader.chain.max()).isEqualTo(new Lsn(1_500));
    assertThat(log.get(0).header().kind()).isEqualTo(RecordKind.FIRST);
    assertThat(log.get(0).header().end()).isEqualTo(new Lsn(1_499));
  }

  @Test
  void typesAreDescribedBeforeTheRelationsThatUseThem() throws IOException {
    RecordCutter cutter = cutter(1_000, 1);
    add(cutter, new PgOutputBytes.Message(type(13_000, "mood"), 0));
    add(cutter, new PgOutputBytes.Message(relation(9, 13_000), 0));
    transaction(cutter, 9, 1_100);
    cutter.flush();
    add(cutter, new PgOutputBytes.Message(type(13_000, "mind"), 0));
    transaction(cutter, 9, 1_200);
    transaction(cutter, 9, 1_300);
    cutter.flush();
    assertThat(kinds(log.get(0))).isEqualTo("BYRIC");
    assertThat(kinds(log.get(1))).isEqualTo("BYRICBIC");
  }

  @Test
  void aChangeKeepsTheDescriptionThatItHad() throws IOException {
    RecordCutter cutter = cutter(1_000, 1);
    add(cutter, new PgOutputBytes.Message(relation(9, 23), 0));
    transaction(cutter, 9, 1_100);
    add(cutter, begin(1_200));
    add(cutter, insert(9, 1_150));
    add(cutter, new PgOutputBytes.Message(relation(9, 25), 0)); // it was altered meanwhile
    add(cutter, insert(9, 1_160));
    cutter.flush();
    add(cutter, commit(1_200, 1_210));
    cutter.flush();
    StringBuilder all = new StringBuilder();
    for (LogRecord record : log) {
      all.append(kinds(record));
    }
    assertThat(all).hasToString("BRICBIRIC");
  }

  @Test
  void anEmptyTransactionMayBeginWhereARecordIsFull() throws IOException {
    for (int left = 0; left < 60; left++) {
      log.clear();
      RecordCutter cutter = cutter(1_000, 1);
      add(cutter, new PgOutputBytes.Message(relation(9, 23), 0));
      add(cutter, begin(1_100));
      int others = 3 * RecordCutter.HEADER + 21 + 26 + relation(9, 23).length + 1_000;
      byte[] large = new byte[RecordCutter.MOST - others - left + 1_000 - RecordCutter.HEADER];
      ByteBuffer.wrap(large).put((byte) 'I').putInt(9);
      add(cutter, new PgOutputBytes.Message(large, 1_050));
      add(cutter, commit(1_100, 1_110));
      add(cutter, begin(1_200));
      add(cutter, commit(1_200, 1_210));
      transaction(cutter, 9, 1_300);
      cutter.flush();
      Reader reader = new Reader(1_000);
      reader.readAll();
      assertThat(reader.got).as("with %d bytes left", left).hasSizeBetween(6, 8);
      assertThat(reader.chain.max()).isEqualTo(new Lsn(1_310));
    }
  }

  private static PgOutputBytes.Message insert(int relation, long position) {
    byte[] bytes = ByteBuffer.allocate(8).put((byte) 'I').putInt(relation).array();
    return new PgOutputBytes.Message(bytes, position);
  }

  private static String kinds(LogRecord record) throws IOException {
    StringBuilder kinds = new StringBuilder();
    try (RecordMessages messages = new RecordMessages(HeapBudget.unlimited().share())) {
      messages.read(record.body(), (bytes, start, end, at) -> kinds.append((char) bytes[start]));
    }
    return kinds.toString();
  }

  private static void transaction(RecordCutter cutter, int relation, long commit)
      throws LogException {
    add(cutter, begin(commit));
    add(cutter, insert(relation, commit));
    add(cutter, commit(commit, commit + 10));
  }

  private static PgOutputBytes.Message begin(long commit) {
    byte[] bytes = ByteBuffer.allocate(21).put((byte) 'B').putLong(commit).array();
    return new PgOutputBytes.Message(bytes, commit);
  }

  private static PgOutputBytes.Message commit(long commit, long end) {
    ByteBuffer bytes = ByteBuffer.allocate(26).put((byte) 'C').put((byte) 0);
    return new PgOutputBytes.Message(bytes.putLong(commit).putLong(end).array(), commit);
  }

  private static byte[] type(int id, String name) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(ByteBuffer.allocate(5).put((byte) 'Y').putInt(id).array());
    bytes.writeBytes(("public\0" + name + "\0").getBytes(StandardCharsets.UTF_8));
    return bytes.toByteArray();
  }

  private static byte[] relation(int id, int type) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(ByteBuffer.allocate(5).put((byte) 'R').putInt(id).array());
    bytes.writeBytes("public\0t\0d\0\1\1c\0".getBytes(StandardCharsets.UTF_8));
    bytes.writeBytes(ByteBuffer.allocate(8).putInt(type).putInt(-1).array());
    return bytes.toByteArray();
  }
}
