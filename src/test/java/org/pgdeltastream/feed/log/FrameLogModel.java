package org.pgdeltastream.feed.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.pgdeltastream.change.Lsn;

/** Does the same at random to a log and to a list of bytes, and compares what readers see. */
@SuppressWarnings("NullAway") // a map that lacks a key fails the test
final class FrameLogModel {
  private final Random random;
  private final FrameLog log;
  private final TreeMap<Long, Long> marks = new TreeMap<>(); // positions, and where they stand
  private final List<Reader> readers = new ArrayList<>();
  private ByteArrayOutputStream whole = new ByteArrayOutputStream();
  private byte[] published = {};
  private int messageEnd;
  private long position = 10;

  private static final class Reader {
    final Cursor cursor;
    final ByteArrayOutputStream had = new ByteArrayOutputStream();
    boolean isCut;
    boolean mayBeCut; // where a dropped chunk ended just with a message

    Reader(Cursor cursor, byte[] before) {
      this.cursor = cursor;
      had.writeBytes(before);
    }
  }

  FrameLogModel(Random random) {
    this.random = random;
    this.log = new FrameLog(4096 + random.nextInt(20_000), random.nextBoolean(), new Lsn(position));
    marks.put(position, 0L);
  }

  void run(int steps) {
    for (int i = 0; i < steps; i++) {
      step();
      if (!readers.isEmpty()) {
        read(readers.get(random.nextInt(readers.size())));
      }
    }
    List.copyOf(readers).forEach(this::read);
  }

  private void step() {
    int choice = random.nextInt(100);
    if (choice < 45) {
      append();
    } else if (choice < 60) {
      endMessage();
    } else if (choice < 85) {
      log.publish();
      published = whole.toByteArray();
    } else if (choice < 90) {
      rollBack();
    } else {
      place();
    }
  }

  private void append() {
    byte[] bytes = new byte[random.nextInt(random.nextInt(30) == 0 ? 30_000 : 600)];
    random.nextBytes(bytes);
    log.append(bytes, 0, bytes.length);
    whole.writeBytes(bytes);
  }

  private void endMessage() {
    log.endMessage();
    messageEnd = whole.size();
    position += 1 + random.nextInt(10);
    log.mark(new Lsn(position));
    marks.put(position, (long) messageEnd);
  }

  private void rollBack() {
    byte[] kept = Arrays.copyOf(whole.toByteArray(), messageEnd);
    boolean undoes = whole.size() > messageEnd;
    log.rollBack();
    whole = new ByteArrayOutputStream();
    whole.writeBytes(kept);
    if (undoes) {
      published = kept;
    }
    for (Reader reader : readers) {
      reader.isCut |= reader.had.size() > messageEnd;
      reader.mayBeCut |= reader.had.size() == messageEnd && reader.cursor.offset() == 0;
    }
  }

  private void place() {
    long after = 10L + random.nextInt((int) position - 5);
    long more = random.nextInt(3) == 0 ? random.nextInt(500) : 0;
    long at = marks.floorEntry(after).getValue() + more;
    Cursor cursor = log.cursorAfter(new Lsn(after), more);
    if (cursor == null) {
      return;
    }
    assertThat(cursor.position()).isEqualTo(at);
    assertThat(at).isLessThanOrEqualTo(published.length);
    readers.add(new Reader(cursor, Arrays.copyOf(published, (int) at)));
  }

  private void read(Reader reader) {
    boolean isCut = reader.cursor.isCut();
    if (isCut || log.isPast(reader.cursor)) {
      assertThat(reader.isCut || reader.mayBeCut || !isCut).as("has read what is undone").isTrue();
      readers.remove(reader);
      return;
    }
    assertThat(reader.isCut).as("has read what is undone").isFalse();
    reader.had.writeBytes(SampleLogs.read(log, reader.cursor));
    assertThat(reader.had.toByteArray()).isEqualTo(published);
    Mark mark = log.markBefore(reader.cursor);
    assertThat(mark).isNotNull();
    assertThat(marks.get(mark.position().value())).isEqualTo(mark.end());
  }
}
