package org.pgdeltastream.journal.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.HeapShare;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.journal.shared.KafkaSettings;
import org.pgdeltastream.journal.shared.LogEnd;
import org.pgdeltastream.journal.shared.LogException;
import org.pgdeltastream.journal.shared.LogException.Kind;
import org.pgdeltastream.journal.shared.LogReader;
import org.pgdeltastream.journal.shared.LogRecord;
import org.pgdeltastream.journal.shared.LogScan;
import org.pgdeltastream.journal.shared.LogWriter;
import org.pgdeltastream.journal.shared.RecordHeader;
import org.pgdeltastream.journal.shared.RecordKind;
import org.pgdeltastream.support.Broker;

/** The log on a real broker. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class KafkaLogIT {
  private static final Duration LONG = Duration.ofDays(1);
  private static final byte[] BODY = {1, 2, 3};

  @TempDir static Path directory;
  private static Broker broker;
  private KafkaLog log;

  @BeforeAll
  static void startsTheBroker() throws IOException {
    broker = Broker.start(directory);
  }

  @AfterAll
  static void stopsTheBroker() {
    broker.close();
  }

  @BeforeEach
  void makesATopic(TestInfo test) throws LogException {
    log = new KafkaLog(settings(true), test.getTestMethod().orElseThrow().getName());
    log.make();
  }

  private static KafkaSettings settings(boolean transactions) {
    return new KafkaSettings(
        Optional.of(broker.address()),
        Optional.empty(),
        "test.",
        1,
        Duration.ofDays(7),
        transactions,
        Duration.ofSeconds(15),
        true,
        KafkaSettings.Storage.WAL);
  }

  private static Lsn lsn(long value) {
    return new Lsn(value);
  }

  private static RecordHeader whole(long prev, long end) {
    return new RecordHeader(RecordKind.WHOLE, 0, lsn(prev), lsn(end), 1, 7, 1);
  }

  private static List<LogRecord> read(LogReader reader, int count) throws LogException {
    List<LogRecord> all = new ArrayList<>();
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (all.size() < count) {
      all.addAll(reader.poll(Duration.ofMillis(100)));
      assertThat(System.nanoTime()).as("read " + all.size() + " of " + count).isLessThan(deadline);
    }
    return all;
  }

  @Test
  void readsWhatWasWritten() throws IOException {
    try (LogWriter writer = log.lead();
        LogReader reader = log.read()) {
      assertThat(reader.seek(LONG, 1000)).isEmpty();
      writer.append(whole(10, 20), BODY);
      List<LogRecord> before = read(reader, 1); // before it is committed
      writer.commit();
      assertThat(before.get(0).header()).isEqualTo(whole(10, 20));
      assertThat(before.get(0).body()).isEqualTo(BODY);
      LogEnd end = log.end();
      assertThat(end.written()).isEqualTo(lsn(20));
      assertThat(end.committed()).isEqualTo(lsn(20));
      assertThat(end.last()).contains(whole(10, 20));
    }
    assertThat(log.warnings()).hasSize(2).first().asString().contains("1 replicas");
  }

  @Test
  void anotherLeaderEndsTheFormerOne() throws IOException {
    try (LogWriter former = log.lead()) {
      former.append(whole(10, 20), BODY);
      former.commit();
      former.append(whole(20, 30), BODY);
      try (LogReader reader = log.read()) {
        reader.seek(LONG, 1000);
        read(reader, 2);
      }
      try (LogWriter next = log.lead()) {
        LogEnd end = log.end();
        assertThat(end.committed()).isEqualTo(lsn(20));
        assertThat(end.written()).isEqualTo(lsn(30));
        next.append(whole(20, 40), BODY);
        next.commit();
        assertThatThrownBy(
                () -> {
                  former.append(whole(30, 50), BODY);
                  former.commit();
                })
            .asInstanceOf(type(LogException.class))
            .extracting(LogException::kind)
            .isEqualTo(Kind.FENCED);
      }
    }
    assertThat(log.end().committed()).isEqualTo(lsn(40));
  }

  @Test
  void findsAPosition() throws IOException {
    try (LogWriter writer = log.lead();
        LogReader reader = log.read()) {
      for (long i = 1; i <= 100; i++) {
        writer.append(whole(i * 10, i * 10 + 10), BODY);
        if (i % 7 == 0) {
          writer.commit();
        }
      }
      writer.commit();
      assertThat(reader.seek(lsn(555))).isTrue();
      assertThat(read(reader, 1).get(0).header().prev()).isEqualTo(lsn(550));
      assertThat(reader.seek(lsn(10))).isTrue();
      assertThat(read(reader, 100)).hasSize(100);
      assertThat(reader.seek(lsn(9))).isFalse();
      assertThat(reader.seek(LONG, 100)).map(RecordHeader::prev).contains(lsn(910));
      assertThat(reader.seek(Duration.ZERO, 1000)).contains(whole(1000, 1010));
      assertThat(reader.seek(LONG, 100_000)).map(RecordHeader::prev).contains(lsn(10));
    }
  }

  /** Three parts of a transaction, and of another one that was never ended. */
  @Test
  void readsTransactionsInPartsFromTheirBeginning() throws IOException {
    try (LogWriter writer = log.lead();
        LogReader reader = log.read()) {
      writer.append(whole(10, 20), message(1));
      writer.append(part(RecordKind.FIRST, 0, 20, 35, 1), message(2));
      writer.append(part(RecordKind.MIDDLE, 1, 20, 35, 1), message(3));
      writer.append(part(RecordKind.FIRST, 0, 20, 35, 2), message(2));
      writer.append(part(RecordKind.MIDDLE, 1, 20, 35, 2), message(3));
      writer.append(part(RecordKind.LAST, 2, 20, 40, 2), message(4));
      writer.commit();
      for (long after : List.of(10L, 20L)) {
        assertThat(reader.seek(lsn(after))).as("after " + after).isTrue();
        assertThat(scanned(after)).isEqualTo(after == 10 ? "123*234" : "23*234");
      }
      assertThat(reader.seek(Duration.ZERO, 1000))
          .map(RecordHeader::kind)
          .contains(RecordKind.FIRST);
      assertThat(reader.seek(lsn(40))).isFalse(); // nothing is behind it
    }
  }

  private String scanned(long after) throws IOException {
    StringBuilder all = new StringBuilder();
    HeapShare heap = HeapBudget.unlimited().share();
    try (LogScan scan = new LogScan(log, lsn(after), lsn(40), heap, any -> {})) {
      while (scan.next()) {
        all.append(scan.beginsAnew() ? "*" : "").append(scan.bytes()[scan.start()]);
      }
    }
    return all.toString();
  }

  @Test
  void aScanTellsAHole() throws IOException {
    try (LogWriter writer = log.lead()) {
      writer.append(whole(10, 20), message(1));
      writer.append(whole(30, 40), message(2));
      writer.commit();
    }
    List<Lsn> told = new ArrayList<>();
    HeapShare heap = HeapBudget.unlimited().share();
    try (LogScan scan = new LogScan(log, lsn(10), lsn(40), heap, told::add)) {
      assertThatThrownBy(
              () -> {
                while (scan.next()) {
                  assertThat(scan.bytes()).containsExactly(1);
                }
              })
          .hasMessageContaining("The log has nothing behind 0/14");
    }
    assertThat(told).containsExactly(lsn(30));
  }

  private static RecordHeader part(RecordKind kind, int part, long prev, long end, long term) {
    return new RecordHeader(kind, part, lsn(prev), lsn(end), term, 7, 1);
  }

  private static byte[] message(int content) {
    return ByteBuffer.allocate(13).putInt(1).putLong(0).put((byte) content).array();
  }

  @Test
  void saysWhatIsNotThere() throws IOException {
    KafkaLog other = new KafkaLog(settings(true), "nowhere");
    assertThat(other.exists()).isFalse();
    assertThatThrownBy(other::lead)
        .hasMessage("There is no topic test.nowhere")
        .extracting("kind")
        .isEqualTo(Kind.MISSING);
    assertThat(log.exists()).isTrue();
    log.make(); // again
    log.remove();
    log.remove();
  }
}
