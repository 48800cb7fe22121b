package org.pgdeltastream.journal.shared;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.journal.shared.Chain.Verdict;
import org.pgdeltastream.support.Seeds;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ChainTest {
  private static final int TRANSACTIONS = 60;
  private static long seed = Seeds.first();

  private final Random random = new Random(seed++);

  /** One that a transaction takes ten bytes of WAL in. */
  private static RecordHeader record(RecordKind kind, int part, int after, int end, long term) {
    boolean isOpen = kind == RecordKind.FIRST || kind == RecordKind.MIDDLE;
    Lsn to = new Lsn(isOpen ? end * 10L - 5 : end * 10L);
    return new RecordHeader(kind, part, new Lsn(after * 10L), to, term, 1, 1);
  }

  private static RecordHeader whole(int after, int end, long term) {
    return record(RecordKind.WHOLE, 0, after, end, term);
  }

  private static Chain chain() {
    Chain chain = new Chain();
    chain.startAt(Lsn.NONE, 1);
    return chain;
  }

  /** What one leader writes from where the log ended when it looked, until it is gone. */
  private List<RecordHeader> written(int from, int to, long term) {
    List<RecordHeader> all = new ArrayList<>();
    int at = from;
    while (at < to) {
      int next = Math.min(to, at + 1 + random.nextInt(4));
      if (random.nextInt(4) == 0) {
        all.add(record(RecordKind.FIRST, 0, at, at + 1, term));
        int parts = random.nextInt(3);
        for (int i = 1; i <= parts; i++) {
          all.add(record(RecordKind.MIDDLE, i, at, at + 1, term));
        }
        next = at + 1;
        all.add(record(RecordKind.LAST, parts + 1, at, next, term));
      } else {
        all.add(whole(at, next, term));
      }
      at = next;
    }
    return all;
  }

  /** A log of several leaders, of which some go on although another one leads. */
  private List<RecordHeader> log() {
    List<RecordHeader> log = new ArrayList<>();
    List<RecordHeader> former = List.of();
    for (long term = 1; end(log) < TRANSACTIONS; term++) {
      int from = random.nextInt(end(log) + 1);
      List<RecordHeader> mine = written(from, TRANSACTIONS, term);
      int count = random.nextInt(mine.size() + 1);
      int left = 0;
      for (RecordHeader one : mine.subList(0, count)) {
        while (left < former.size() && random.nextInt(3) == 0) {
          log.add(former.get(left++));
        }
        log.add(one);
      }
      former = goesOn(mine.subList(count, Math.min(mine.size(), count + random.nextInt(6))));
    }
    return log;
  }

  /** Not with parts: those of two who write at once are none's, which is told as a hole. */
  private static List<RecordHeader> goesOn(List<RecordHeader> rest) {
    List<RecordHeader> all = new ArrayList<>();
    for (RecordHeader one : rest) {
      if (one.kind() != RecordKind.WHOLE) {
        break;
      }
      all.add(one);
    }
    return all;
  }

  /** Up to where all is there, whole. */
  private static int end(List<RecordHeader> log) {
    Reader reader = new Reader();
    log.forEach(reader::read);
    return (int) (reader.chain.max().value() / 10);
  }

  /** Notes which transactions it was given. */
  private static final class Reader {
    private final Chain chain = chain();
    private final List<Integer> taken = new ArrayList<>();
    private int holes;

    void read(RecordHeader next) {
      int before = (int) (chain.max().value() / 10);
      Verdict verdict = chain.take(next);
      if (verdict == Verdict.HOLE) {
        holes++;
        chain.startAt(next.prev(), next.incarnation());
        read(next);
      } else if (verdict != Verdict.KNOWN) {
        for (int i = before + 1; i <= chain.max().value() / 10; i++) {
          taken.add(i);
        }
      }
    }
  }

  @RepeatedTest(200)
  void eachTransactionIsTakenOnceWhoeverWrites() {
    Reader reader = new Reader();
    log().forEach(reader::read);
    assertThat(reader.holes).isZero();
    assertThat(reader.taken).hasSize(TRANSACTIONS).isSorted().doesNotHaveDuplicates();
  }

  @RepeatedTest(200)
  void whatIsMissingIsToldAndNothingElse() {
    List<RecordHeader> log = written(0, TRANSACTIONS, 1);
    int from = random.nextInt(log.size() - 1);
    int to = from + 1 + random.nextInt(log.size() - from - 1);
    List<RecordHeader> left = new ArrayList<>(log.subList(0, from));
    left.addAll(log.subList(to, log.size()));
    Reader reader = new Reader();
    left.forEach(reader::read);
    TreeSet<Integer> missing = new TreeSet<>();
    for (int i = 1; i <= reader.chain.max().value() / 10; i++) {
      missing.add(i);
    }
    reader.taken.forEach(missing::remove);
    assertThat(reader.holes > 0).as("%s of %s", missing, left).isEqualTo(!missing.isEmpty());
    assertThat(reader.taken).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void partsOfAnotherTermAreNotContinued() {
    Chain chain = chain();
    assertThat(chain.take(record(RecordKind.FIRST, 0, 0, 1, 1))).isEqualTo(Verdict.NEW);
    assertThat(chain.isOpen()).isTrue();
    assertThat(chain.take(record(RecordKind.FIRST, 0, 0, 1, 2))).isEqualTo(Verdict.INSTEAD);
    assertThat(chain.take(record(RecordKind.LAST, 1, 0, 1, 1))).isEqualTo(Verdict.KNOWN);
    assertThat(chain.take(record(RecordKind.LAST, 1, 0, 1, 2))).isEqualTo(Verdict.NEW);
    assertThat(chain.isOpen()).isFalse();
    assertThat(chain.max()).isEqualTo(new Lsn(10));
    assertThat(chain.take(record(RecordKind.FIRST, 0, 0, 1, 3))).isEqualTo(Verdict.KNOWN);
  }

  @Test
  void oneMayEndWhereTheNextOnesCommitRecordBegins() {
    Chain chain = chain();
    chain.startAt(new Lsn(15), 1);
    assertThat(chain.take(record(RecordKind.FIRST, 0, 1, 2, 1))).isEqualTo(Verdict.NEW);
  }

  @Test
  void anotherIncarnationIsAHole() {
    Chain chain = chain();
    RecordHeader next = new RecordHeader(RecordKind.TERM, 0, Lsn.NONE, Lsn.NONE, 1, 2, 1);
    assertThat(chain.take(next)).isEqualTo(Verdict.HOLE);
  }

  @Test
  void whatSaysNothingNewIsKnown() {
    Chain chain = chain();
    assertThat(chain.take(whole(0, 3, 1))).isEqualTo(Verdict.NEW);
    assertThat(chain.take(whole(1, 3, 2))).isEqualTo(Verdict.KNOWN);
    assertThat(chain.take(record(RecordKind.TERM, 0, 3, 3, 2))).isEqualTo(Verdict.KNOWN);
    assertThat(chain.take(whole(2, 4, 2))).isEqualTo(Verdict.NEW);
    assertThat(chain.take(record(RecordKind.TERM, 0, 5, 5, 3))).isEqualTo(Verdict.HOLE);
  }
}
