package org.pgdeltastream.feed.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.feed.LogReader;

@Timeout(value = 20, unit = TimeUnit.SECONDS)
class FramingTest {
  private static final FeedPosition.Stamp STAMP = new FeedPosition.Stamp(0xab, 3, 0xcd);
  private static final Lsn END = Lsn.parse("16/30A2D5F");

  @Test
  void framesMessagesOfAllLengths() {
    FrameLog log = new FrameLog(1 << 30, true, new Lsn(1));
    FramedLog out = Framing.WEBSOCKET.into(log);
    List<String> wanted = new ArrayList<>();
    for (int length : new int[] {0, 1, 125, 126, 127, 65_535, 65_536, 200_000}) {
      String text = "x".repeat(length);
      last(out, text, Lsn.NONE);
      part(out, text);
      part(out, "ä");
      last(out, text, END);
      wanted.add(text);
      wanted.add(text + "ä" + text);
    }
    assertThat(LogReader.texts(all(log)).equals(wanted)).isTrue();
    assertThat(LogReader.texts(Framing.WEBSOCKET.notice("live", "{}"))).containsExactly("{}");
  }

  @Test
  void beginsAnewAfterARollback() {
    FrameLog log = new FrameLog(1 << 20, true, new Lsn(1));
    FramedLog out = Framing.WEBSOCKET.into(log);
    last(out, "one", END);
    part(out, "half");
    out.rolledBack();
    log.rollBack();
    last(out, "two", END);
    assertThat(LogReader.texts(all(log))).containsExactly("one", "two");
  }

  @Test
  void writesEvents() {
    FrameLog log = new FrameLog(1 << 20, true, new Lsn(1));
    FramedLog out = Framing.EVENT_STREAM.into(log);
    out.stamp(STAMP);
    last(out, "{\"a\":1}", Lsn.NONE);
    part(out, "{\"b\"");
    last(out, ":2}", END);
    out.progress(new byte[9], new Lsn(-1));
    out.progress(new byte[9], new Lsn(0x1_0000_0000L));
    assertThat(text(log))
        .isEqualTo(
            """
            data: {"a":1}

            data: {"b":2}
            id: 000000ab.3.000000cd.16/30A2D5F

            id: 000000ab.3.000000cd.FFFFFFFF/FFFFFFFF

            id: 000000ab.3.000000cd.1/0

            """);
    assertThat(Framing.EVENT_STREAM.notice("live", "{}"))
        .asString(StandardCharsets.UTF_8)
        .isEqualTo("event: live\ndata: {}\n\n");
  }

  @Test
  void writesLines() {
    assertThat(lines(Framing.TEXTS)).isEqualTo("ab\nc\n{}\n");
    assertThat(lines(Framing.LINES)).isEqualTo("ab\n#16/30A2D5F\nc\n#FF/FF\n");
  }

  private static String lines(Framing framing) {
    FrameLog log = new FrameLog(1 << 20, true, new Lsn(1));
    FramedLog out = framing.into(log);
    part(out, "a");
    last(out, "b", END);
    last(out, "c", Lsn.NONE);
    out.mark(Lsn.parse("FF/FF"));
    out.progress("{}".getBytes(StandardCharsets.UTF_8), new Lsn(-1));
    String text = text(log);
    assertThat(log.published().mark().position()).isEqualTo(new Lsn(-1));
    assertThat(log.published().endsWithMessage()).isTrue();
    return text;
  }

  private static void part(FramedLog out, String text) {
    byte[] bytes = ("?" + text).getBytes(StandardCharsets.UTF_8);
    out.part(bytes, 1, bytes.length - 1);
  }

  private static void last(FramedLog out, String text, Lsn end) {
    byte[] bytes = ("?" + text).getBytes(StandardCharsets.UTF_8);
    out.last(bytes, 1, bytes.length - 1, end);
  }

  private static byte[] all(FrameLog log) {
    log.publish();
    return SampleLogs.read(log, SampleLogs.at(log, 1, 0));
  }

  private static String text(FrameLog log) {
    return new String(all(log), StandardCharsets.UTF_8);
  }
}
