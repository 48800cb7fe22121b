package org.pgdeltastream.feed;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.feed.log.Cursor;
import org.pgdeltastream.feed.log.FrameLog;
import org.pgdeltastream.feed.log.SampleLogs;

/** Reads a log from a position on, and takes the messages apart as a client does. */
public final class LogReader {
  private final FrameLog log;
  private final Cursor cursor;
  private final ByteArrayOutputStream had = new ByteArrayOutputStream();
  private int count;

  public LogReader(FrameLog log, Lsn after) {
    this.log = log;
    this.cursor = requireNonNull(log.cursorAfter(after, 0), "not in the log");
  }

  public void read() {
    assertThat(log.isPast(cursor)).as("fell out of the log").isFalse();
    assertThat(cursor.isCut()).as("was cut").isFalse();
    byte[] read = SampleLogs.read(log, cursor);
    for (byte one : read) {
      count += one == '\n' ? 1 : 0;
    }
    had.writeBytes(read);
  }

  /** How many lines it has. */
  public int count() {
    return count;
  }

  byte[] bytes() {
    return had.toByteArray();
  }

  public List<String> lines() {
    return lines(bytes());
  }

  public static List<String> lines(byte[] bytes) {
    String all = new String(bytes, StandardCharsets.UTF_8);
    assertThat(all.isEmpty() || all.endsWith("\n")).as("ends with a line").isTrue();
    return all.isEmpty() ? List.of() : List.of(all.substring(0, all.length() - 1).split("\n", -1));
  }

  /** The texts of a server's websocket frames: RFC 6455, section 5.2. */
  public static List<String> texts(byte[] frames) {
    List<String> texts = new ArrayList<>();
    assertThat(texts(frames, texts)).as("no part of a message is left").isZero();
    return texts;
  }

  /** Those that are whole; returns how many bytes are left. */
  public static int texts(byte[] frames, List<String> texts) {
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    ByteBuffer in = ByteBuffer.wrap(frames);
    boolean isOpen = false;
    int whole = 0;
    try {
      while (in.hasRemaining()) {
        int first = in.get() & 0xFF;
        assertThat(first & 0x7F).as("opcode").isEqualTo(isOpen ? 0 : 1);
        int length = length(in);
        if (length > in.remaining()) {
          break;
        }
        message.write(frames, in.position(), length);
        in.position(in.position() + length);
        isOpen = (first & 0x80) == 0;
        if (!isOpen) {
          texts.add(message.toString(StandardCharsets.UTF_8));
          message.reset();
          whole = in.position();
        }
      }
    } catch (BufferUnderflowException e) {
      // a part of a header
    }
    return frames.length - whole;
  }

  private static int length(ByteBuffer in) {
    int length = in.get();
    assertThat(length).as("not masked").isNotNegative();
    if (length == 126) {
      int longer = Short.toUnsignedInt(in.getShort());
      assertThat(longer).isGreaterThan(125);
      return longer;
    }
    if (length == 127) {
      long longest = in.getLong();
      assertThat(longest).isGreaterThan(0xFFFF);
      return Math.toIntExact(longest);
    }
    return length;
  }
}
