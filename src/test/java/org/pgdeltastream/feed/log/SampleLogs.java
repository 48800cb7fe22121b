package org.pgdeltastream.feed.log;

import static java.util.Objects.requireNonNull;

import java.io.ByteArrayOutputStream;
import java.util.Random;
import org.pgdeltastream.change.Lsn;

/** What tests of logs write, and how they read it. */
public final class SampleLogs {
  private SampleLogs() {}

  public static Lsn lsn(long value) {
    return new Lsn(value);
  }

  public static void message(FrameLog log, int length, long end) {
    log.append(new byte[length], 0, length);
    log.endMessage();
    log.mark(lsn(end));
  }

  public static Cursor at(FrameLog log, long position, long more) {
    return requireNonNull(log.cursorAfter(lsn(position), more), "not in the log");
  }

  public static byte[] read(FrameLog log, Cursor cursor) {
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    FrameLog.Published published = log.published();
    int count = cursor.available(published);
    while (count > 0) {
      read.write(cursor.bytes(), cursor.offset(), count);
      cursor.advance(count);
      count = cursor.available(published);
    }
    return read.toByteArray();
  }

  public static byte[] random(int seed, int length) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }
}
