package org.pgdeltastream.journal;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.HeapUsedUpException;
import org.pgdeltastream.change.Lsn;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class JournalTest {
  private static final long MANY = 100 << 20;
  private static final int SMALL = 1_000_000; // four files
  private static final int KILOBYTE = 1_000;

  @TempDir Path directory;
  private final List<Journal> journals = new ArrayList<>();

  @AfterEach
  void closesThem() {
    journals.forEach(Journal::close);
  }

  // Whole transactions

  @Test
  void readsAgainWhatWasAppended() throws IOException {
    Journal journal = journal(MANY);
    byte[] around = "xxBEGINyy".getBytes(ISO_8859_1);
    journal.append(around, 2, 7, 11);
    append(journal, "I 1");
    journal.append(new byte[0], 0, 0, 13);
    journal.transactionEnded(lsn(20));
    try (JournalScan scan = journal.scan(lsn(10))) {
      assertThat(next(scan)).isEqualTo("BEGIN");
      assertThat(scan.walPosition()).isEqualTo(11);
      assertThat(next(scan)).isEqualTo("I 1");
      assertThat(next(scan)).isEmpty();
      assertThat(scan.walPosition()).isEqualTo(13);
      assertThat(scan.next()).isFalse();
      assertThat(scan.next()).isFalse();
    }
    assertThat(journal.start()).isEqualTo(lsn(10));
    assertThat(journal.end()).isEqualTo(lsn(20));
    assertThat(journal.bytes()).isEqualTo(3 * 12 + 5 + 3);
    assertThat(journal.failure()).isEmpty();
  }

  @Test
  void deliversNoPartOfATransactionThatHasNotEnded() throws IOException {
    Journal journal = journal(MANY);
    transaction(journal, 20, "I 1");
    append(journal, "I 2");
    JournalScan scan = journal.scan(lsn(10));
    append(journal, "I 3");
    journal.transactionEnded(lsn(30));
    assertThat(rest(scan)).containsExactly("I 1");
    assertThat(read(journal, 10)).containsExactly("I 1", "I 2", "I 3");
  }

  @Test
  void readsNothingAtItsEnd() throws IOException {
    Journal journal = journal(MANY);
    assertThat(read(journal, 10)).isEmpty();
    transaction(journal, 20, "I 1");
    journal.movedTo(lsn(30));
    assertThat(journal.end()).isEqualTo(lsn(30));
    assertThat(read(journal, 30)).isEmpty();
    assertThat(read(journal, 40)).isEmpty();
    assertThat(read(journal, 10)).containsExactly("I 1");
  }

  @Test
  void startsWhereItWasStartedThoughNothingHappenedAtFirst() throws IOException {
    Journal journal = journal(MANY);
    journal.movedTo(lsn(15));
    transaction(journal, 20, "I 1");
    assertThat(journal.start()).isEqualTo(lsn(10));
    assertThat(read(journal, 10)).containsExactly("I 1");
  }

  @Test
  void refusesWhatItDoesNotCover() throws IOException {
    Journal unstarted = new Journal(directory, MANY, HeapBudget.unlimited());
    assertThat(unstarted.covers(lsn(-1))).isFalse();
    Journal journal = journal(MANY);
    assertThat(journal.covers(lsn(9))).isFalse();
    assertThat(journal.covers(lsn(10))).isTrue();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> journal.scan(lsn(9)))
        .withMessage("The journal does not go back to 0/9; it starts at 0/A");
  }

  @Test
  void forgetsWhatIsRolledBack() throws IOException {
    Journal journal = journal(MANY);
    append(journal, "I 1");
    journal.rollBack();
    assertThat(journal.bytes()).isZero();
    transaction(journal, 20, "I 2");
    append(journal, "I 3");
    read(journal, 10); // writes it
    append(journal, filled('I', 100 * KILOBYTE));
    journal.rollBack();
    journal.rollBack();
    transaction(journal, 30, "I 4");
    assertThat(read(journal, 10)).containsExactly("I 2", "I 4");
    assertThat(journal.bytes()).isEqualTo(2 * (12 + 3));
  }

  @Test
  void rollsBackWholeFiles() throws IOException {
    Journal journal = journal(SMALL);
    transaction(journal, 20, "I 1");
    JournalScan scan = journal.scan(lsn(10));
    for (int i = 0; i < 7; i++) {
      append(journal, filled('I', 100 * KILOBYTE));
    }
    journal.rollBack();
    assertThat(journal.bytes()).isEqualTo(12 + 3);
    transaction(journal, 30, "I 2");
    assertThat(rest(scan)).containsExactly("I 1");
    assertThat(read(journal, 10)).containsExactly("I 1", "I 2");
  }

  @Test
  void forgetsEverythingAtAStart() throws IOException {
    Journal journal = journal(MANY);
    transaction(journal, 20, description('R', 1, 1), "I 1");
    journal.startAt(lsn(5));
    assertThat(journal.start()).isEqualTo(lsn(5));
    assertThat(journal.end()).isEqualTo(lsn(5));
    assertThat(journal.bytes()).isZero();
    transaction(journal, 7, "I 2");
    assertThat(read(journal, 5)).containsExactly("I 2");
  }

  // Descriptions

  @Test
  void deliversFirstWhatPostgresDescribedBefore() throws IOException {
    Journal journal = journal(MANY);
    String type = description('Y', 1, 1);
    String relation = description('R', 1, 1);
    String newer = description('R', 1, 2);
    transaction(journal, 20, type, relation, "I 1");
    transaction(journal, 30, newer, filled('I', 70 * KILOBYTE));
    transaction(journal, 40, "I 3");
    assertThat(read(journal, 40)).containsExactly(type, relation, newer);
    assertThat(read(journal, 30)).containsExactly(type, relation, newer, "I 3");
  }

  /** A partition that was dropped since stands in no new file. */
  @Test
  void forgetsDescriptionsWithTheirConnection() throws IOException {
    Journal journal = journal(SMALL);
    transaction(journal, 20, description('R', 1, 1), "I 1");
    append(journal, "I");
    journal.connectionEnded();
    String relation = description('R', 2, 1);
    transaction(journal, 30, relation, "I 2");
    for (int i = 0; i < 20; i++) {
      transaction(journal, 40 + i, filled('I', 100 * KILOBYTE));
    }
    List<String> read = read(journal, journal.start().value());
    assertThat(read).first().isEqualTo(relation);
    assertThat(read.subList(1, read.size())).allMatch(message -> message.startsWith("I"));
  }

  @Test
  void beginsEachFileWithTheNewestDescriptions() throws IOException {
    Journal journal = journal(SMALL);
    String relation = description('R', 1, 2);
    String other = description('R', 2, 1);
    String type = description('Y', 1, 1);
    transaction(journal, 20, description('R', 1, 1), "R", "I 1", relation, type);
    append(journal, other);
    journal.rollBack(); // stays known
    for (int i = 0; i < 20; i++) {
      transaction(journal, 30 + i, filled('I', 100 * KILOBYTE));
    }
    assertThat(journal.start().isAfter(lsn(30))).isTrue();
    List<String> read = read(journal, journal.start().value());
    assertThat(read.subList(0, 3)).containsExactly(type, relation, other);
    assertThat(read.subList(3, read.size()))
        .hasSize((int) (49 - journal.start().value()))
        .allMatch(message -> message.startsWith("I"));
  }

  @Test
  void knowsTheDescriptionsOfATransactionThatWasCut() throws IOException {
    Journal journal = journal(SMALL);
    String relation = description('R', 1, 1);
    append(journal, relation);
    append(journal, filled('I', 2 * SMALL));
    journal.transactionEnded(lsn(20));
    assertThat(read(journal, 20)).containsExactly(relation);
    transaction(journal, 30, "I 1");
    assertThat(read(journal, 20)).containsExactly(relation, "I 1");
  }

  @Test
  void countsDescriptionsInTheHeap() {
    HeapBudget budget = new HeapBudget(MANY);
    try (Journal journal = new Journal(directory, MANY, budget)) {
      journal.startAt(lsn(10));
      append(journal, filled('R', 2 * HeapBudget.STEP));
      append(journal, filled('R', 2 * HeapBudget.STEP));
      assertThat(budget.free()).isEqualTo(MANY - 2 * HeapBudget.STEP);
    }
    assertThat(budget.free()).isEqualTo(MANY);
  }

  // The bound

  @Test
  void dropsTheOldestFileWhereItIsFull() throws IOException {
    Journal journal = journal(SMALL);
    for (int i = 1; i <= 100; i++) {
      transaction(journal, 10 + i, filled('I', 30 * KILOBYTE));
      assertThat(journal.bytes()).isBetween(Math.min(i, 22) * 30_000L, (long) SMALL);
    }
    long start = journal.start().value();
    assertThat(start).isBetween(75L, 90L);
    assertThat(read(journal, start)).hasSize((int) (110 - start));
    assertThat(read(journal, 108).size()).isBetween(2, 5);
    assertThat(journal.covers(lsn(start - 1))).isFalse();
  }

  @Test
  void coversNothingWhileATransactionIsLargerThanTheJournal() throws IOException {
    Journal journal = journal(SMALL);
    transaction(journal, 20, "I 1");
    for (int i = 0; i < 15; i++) {
      append(journal, filled('I', 100 * KILOBYTE));
    }
    assertThat(journal.covers(lsn(20))).isFalse();
    assertThat(journal.start()).isEqualTo(lsn(-1));
    assertThat(journal.end()).isEqualTo(lsn(20));
    assertThat(journal.bytes()).isZero();
    assertThatIllegalArgumentException().isThrownBy(() -> journal.scan(lsn(20)));
    journal.forgetBefore(lsn(20));
    journal.rollBack();
    journal.transactionEnded(lsn(30));
    assertThat(journal.start()).isEqualTo(lsn(30));
    assertThat(journal.failure()).isEmpty();
    transaction(journal, 40, "I 2");
    assertThat(read(journal, 30)).containsExactly("I 2");
  }

  @Test
  void keepsATransactionInSeveralFiles() throws IOException {
    Journal journal = journal(SMALL);
    transaction(journal, 20, filled('I', 300 * KILOBYTE));
    String[] messages = new String[6];
    Arrays.setAll(messages, i -> filled((char) ('a' + i), 100 * KILOBYTE));
    transaction(journal, 30, messages);
    transaction(journal, 40, "I 3", filled('I', 200 * KILOBYTE));
    assertThat(journal.start()).isEqualTo(lsn(20));
    assertThat(read(journal, 20).subList(0, 7)).startsWith(messages).endsWith("I 3");
  }

  @Test
  void aRunningScanFailsWhereItsFileIsDropped() throws IOException {
    Journal journal = journal(SMALL);
    for (int i = 1; i <= 6; i++) {
      transaction(journal, 10 + i, filled('I', 100 * KILOBYTE));
    }
    JournalScan scan = journal.scan(lsn(10));
    assertThat(next(scan)).startsWith("I");
    for (int i = 7; i <= 30; i++) {
      transaction(journal, 10 + i, filled('J', 100 * KILOBYTE));
    }
    assertThatThrownBy(() -> rest(scan))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("The journal has dropped what was to be read");
  }

  @Test
  void forgetsFilesThatNobodyWants() throws IOException {
    Journal journal = journal(4 * SMALL);
    for (int i = 1; i <= 35; i++) {
      transaction(journal, 10 + i, filled('I', 100 * KILOBYTE));
    }
    long before = journal.bytes();
    journal.forgetBefore(lsn(15));
    assertThat(journal.bytes()).isEqualTo(before);
    assertThat(journal.start()).isEqualTo(lsn(15));
    journal.forgetBefore(lsn(12));
    assertThat(journal.start()).isEqualTo(lsn(15));
    journal.forgetBefore(lsn(34));
    assertThat(journal.start()).isEqualTo(lsn(34));
    assertThat(journal.bytes()).isEqualTo(before - 20 * (100 * KILOBYTE + 12));
    assertThat(read(journal, 34)).hasSize(11);
    journal.forgetBefore(lsn(99));
    assertThat(journal.start()).isEqualTo(lsn(45));
  }

  // Memory

  @Test
  void holdsALargeMessageInTheHeapWhileItIsRead() throws IOException {
    HeapBudget budget = new HeapBudget(MANY);
    Journal journal = journal(MANY, budget);
    String large = filled('I', 10 * HeapBudget.STEP);
    transaction(journal, 20, "I 1", large, "I 2", large);
    JournalScan scan = journal.scan(lsn(10));
    assertThat(next(scan)).isEqualTo("I 1");
    assertThat(budget.free()).isEqualTo(MANY);
    assertThat(next(scan)).isEqualTo(large);
    assertThat(budget.free()).isEqualTo(MANY - 10 * HeapBudget.STEP);
    assertThat(next(scan)).isEqualTo("I 2");
    assertThat(budget.free()).isEqualTo(MANY);
    assertThat(next(scan)).isEqualTo(large);
    scan.close();
    assertThat(budget.free()).isEqualTo(MANY);
    assertThat(scan.next()).isFalse();
  }

  @Test
  void failsAScanWhoseMessageIsLargerThanTheHeap() throws IOException {
    Journal journal = journal(MANY, new HeapBudget(HeapBudget.STEP));
    transaction(journal, 20, filled('I', 3 * HeapBudget.STEP));
    try (JournalScan scan = journal.scan(lsn(10))) {
      assertThatThrownBy(scan::next).isInstanceOf(HeapUsedUpException.class);
    }
  }

  // The disk

  @Test
  void beginsAgainAfterAFailure() throws IOException {
    Path missing = directory.resolve("missing");
    Journal journal = new Journal(missing, SMALL, HeapBudget.unlimited());
    journals.add(journal);
    journal.startAt(lsn(10));
    String relation = description('R', 1, 1);
    append(journal, relation);
    assertThat(journal.failure()).get().asString().contains("NoSuchFileException");
    assertThat(journal.covers(lsn(10))).isFalse();
    append(journal, "I 1");
    journal.transactionEnded(lsn(20));
    assertThat(journal.start()).isEqualTo(lsn(20));
    assertThatThrownBy(() -> journal.scan(lsn(20))).isInstanceOf(IOException.class);
    Files.createDirectory(missing);
    transaction(journal, 30, "I 2");
    transaction(journal, 40, "I 3");
    assertThat(journal.start()).isEqualTo(lsn(30));
    assertThat(read(journal, 30)).containsExactly(relation, "I 3");
  }

  @Test
  void dropsEverythingWhereTheNextFileCannotBeMade() throws IOException {
    Path place = Files.createDirectory(directory.resolve("place"));
    Journal journal = new Journal(place, SMALL, HeapBudget.unlimited());
    journals.add(journal);
    journal.startAt(lsn(10));
    transaction(journal, 20, filled('I', SMALL / 4));
    Files.move(place, directory.resolve("elsewhere"));
    Files.createFile(place);
    append(journal, "I 2");
    assertThat(journal.covers(lsn(20))).isFalse();
    assertThat(journal.bytes()).isZero();
    assertThat(journal.failure()).isPresent();
    journal.transactionEnded(lsn(30));
    assertThat(journal.start()).isEqualTo(lsn(30));
  }

  @Test
  void leavesNoFiles() throws IOException {
    Journal journal = journal(SMALL);
    transaction(journal, 20, filled('I', 300 * KILOBYTE), "I 2");
    JournalScan scan = journal.scan(lsn(10));
    journal.close();
    assertThat(directory).isEmptyDirectory();
    assertThat(journal.bytes()).isZero();
    assertThatThrownBy(scan::next).isInstanceOf(IOException.class);
    transaction(journal, 30, "I 3");
    journal.startAt(lsn(40));
    assertThat(journal.covers(lsn(40))).isFalse();
  }

  // Threads

  @Test
  void anInterruptedReaderDisturbsNobody() throws IOException {
    Journal journal = journal(MANY);
    transaction(journal, 20, "I 1");
    JournalScan scan = journal.scan(lsn(10));
    Thread.currentThread().interrupt();
    try {
      assertThat(next(scan)).isEqualTo("I 1");
      transaction(journal, 30, filled('I', 100 * KILOBYTE));
      assertThat(read(journal, 10)).hasSize(2);
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void scansWhileItIsWritten() throws Exception {
    Journal journal = journal(4 * SMALL);
    ModelWriter writer = new ModelWriter(journal, 7);
    writer.startAt();
    List<Throwable> failures = new ArrayList<>();
    AtomicBoolean writing = new AtomicBoolean(true);
    Thread reader =
        new Thread(
            () -> {
              try {
                readWhileItIsWritten(journal, writing);
              } catch (Throwable e) {
                failures.add(e);
              }
            });
    reader.start();
    for (int i = 0; i < 15_000; i++) {
      writer.step();
    }
    writing.set(false);
    reader.join();
    assertThat(failures).isEmpty();
  }

  private static void readWhileItIsWritten(Journal journal, AtomicBoolean writing) {
    while (writing.get()) {
      try (JournalScan scan = journal.scan(journal.start())) {
        ModelReader reader = new ModelReader();
        while (scan.next()) {
          reader.read(ByteBuffer.wrap(scan.bytes(), scan.start(), scan.end() - scan.start()));
        }
      } catch (IllegalArgumentException e) {
        assertThat(e).hasMessageStartingWith("The journal does not go back");
      } catch (IOException e) {
        assertThat(e).hasMessageStartingWith("The journal has dropped");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6})
  void agreesWithAModel(int seed) throws IOException {
    long[] sizes = {100_000, 400_000, 2_000_000, MANY};
    Journal journal = journal(sizes[seed % sizes.length]);
    ModelWriter writer = new ModelWriter(journal, seed);
    writer.startAt();
    int read = 0;
    for (int i = 0; i < 1_500; i++) {
      writer.step();
      assertThat(journal.bytes()).isLessThanOrEqualTo(sizes[seed % sizes.length]);
      if (i % 20 == 0) {
        read += writer.check();
      }
    }
    assertThat(read).isPositive();
  }

  // What is written and read

  private Journal journal(long mostBytes) {
    return journal(mostBytes, HeapBudget.unlimited());
  }

  private Journal journal(long mostBytes, HeapBudget budget) {
    Journal journal = new Journal(directory, mostBytes, budget);
    journals.add(journal);
    journal.startAt(lsn(10));
    return journal;
  }

  private static Lsn lsn(long value) {
    return new Lsn(value);
  }

  private static void transaction(Journal journal, long end, String... messages) {
    for (String message : messages) {
      append(journal, message);
    }
    journal.transactionEnded(lsn(end));
  }

  private static void append(Journal journal, String message) {
    byte[] bytes = message.getBytes(ISO_8859_1);
    journal.append(bytes, 0, bytes.length, 0);
  }

  private static String filled(char type, int length) {
    return String.valueOf(type).repeat(length);
  }

  private static String description(char type, int id, int version) {
    return type + "\0\0\0" + (char) id + "version " + version;
  }

  private static List<String> read(Journal journal, long after) throws IOException {
    return rest(journal.scan(lsn(after)));
  }

  private static List<String> rest(JournalScan scan) throws IOException {
    try (scan) {
      List<String> messages = new ArrayList<>();
      while (scan.next()) {
        messages.add(text(scan));
      }
      return messages;
    }
  }

  private static String next(JournalScan scan) throws IOException {
    assertThat(scan.next()).isTrue();
    return text(scan);
  }

  private static String text(JournalScan scan) {
    return new String(scan.bytes(), scan.start(), scan.end() - scan.start(), ISO_8859_1);
  }
}
