package org.pgdeltastream.web.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.Lsn;

@Timeout(value = 20, unit = TimeUnit.SECONDS)
class PulledLinesTest {
  private static final String TEXT = "\\\"nextlsn\\\":\\\"7/7\\\"}";
  private static final List<String> LINES =
      List.of(
          "{\"nextlsn\":\"0/1A\",\"change\":[{\"columnvalues\":[\"" + TEXT + "\"]}]}",
          "{\"xid\":7,\"nextlsn\":\"0/1B\",\"timestamp\":\"x\",\"change\":[]}",
          "{\"change\":[{\"columnvalues\":[\"" + "ü".repeat(200) + "\"]}],\"nextlsn\":\"0/1C\"}",
          "{\"change\":[{\"kind\":\"message\",\"content\":\"" + TEXT + "\"}]}",
          "{\"action\":\"C\",\"nextlsn\":\"FFFFFFFF/FFFFFFFF\"}",
          "{\"action\":\"C\",\"lsn\":\"0/9\",\"nextlsn\":\"0/1D\"}",
          "{\"action\":\"B\"}",
          "{\"action\":\"M\",\"content\":\",\\\"nextlsn\\\":\\\"0/1\\\"}\"}",
          "{}",
          "{\"action\":\"I\",\"columns\":[{\"name\":\"nextlsn\",\"value\":\"0/2\"}]}");
  private static final List<Lsn> POSITIONS =
      List.of(
          Lsn.parse("0/1A"),
          Lsn.parse("0/1B"),
          Lsn.parse("0/1C"),
          Lsn.NONE,
          new Lsn(-1),
          Lsn.parse("0/1D"),
          Lsn.NONE,
          Lsn.NONE,
          Lsn.NONE,
          Lsn.NONE);

  @Test
  void findsPositionsWhereverTheBytesAreCut() {
    byte[] bytes = (String.join("\n", LINES) + "\n").getBytes(StandardCharsets.UTF_8);
    for (int cut = 0; cut <= bytes.length; cut++) {
      PulledLines lines = new PulledLines();
      List<Lsn> found = new ArrayList<>();
      read(lines, bytes, 0, cut, found);
      read(lines, bytes, cut, bytes.length, found);
      assertThat(found).as("cut at %s", cut).isEqualTo(POSITIONS);
    }
  }

  @Test
  void findsPositionsInPiecesOfAnyLength() {
    byte[] bytes = (String.join("\n", LINES) + "\n").getBytes(StandardCharsets.UTF_8);
    for (int length = 1; length < 200; length++) {
      PulledLines lines = new PulledLines();
      List<Lsn> found = new ArrayList<>();
      for (int from = 0; from < bytes.length; from += length) {
        read(lines, bytes, from, Math.min(bytes.length, from + length), found);
      }
      assertThat(found).as("pieces of %s", length).isEqualTo(POSITIONS);
    }
  }

  private static void read(PulledLines lines, byte[] bytes, int from, int to, List<Lsn> found) {
    int at = from;
    while (at < to) {
      int end = lines.endOf(bytes, at, to);
      if (end < 0) {
        return;
      }
      found.add(lines.position());
      at = end;
    }
  }
}
