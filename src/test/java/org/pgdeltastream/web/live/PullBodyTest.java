package org.pgdeltastream.web.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.feed.log.FeedPosition;

@Timeout(value = 20, unit = TimeUnit.SECONDS)
class PullBodyTest {
  private static final FeedPosition START = new FeedPosition.Stamp(1, 1, 1).at(Lsn.parse("0/1"));
  private static final String LINES =
      "{\"a\":\"#0/7\"}\n{\"b\":1}\n#0/1A\n{\"c\":\"ü\"}\n#1/1B\n{\"d\":3}\n#FF/1C\n{\"e\":4}\n";
  private static final byte[] BYTES = LINES.getBytes(StandardCharsets.UTF_8);

  @Test
  void takesPositionsOutWhereverTheBytesAreCut() {
    for (int cut = 0; cut <= BYTES.length; cut++) {
      PullBody body = new PullBody(false, 1000);
      body.startAt(START.lsn());
      body.add(BYTES, 0, cut);
      body.add(BYTES, cut, BYTES.length);
      assertThat(ended(body))
          .as("cut at %s", cut)
          .isEqualTo(
              "{\"a\":\"#0/7\"},{\"b\":1},{\"c\":\"ü\"},{\"d\":3},{\"e\":4}],"
                  + "\"position\":\"00000001.1.00000001.FF/1C\",\"live\":true}");
    }
  }

  @Test
  void endsAtTheFirstPositionBeyondTheLimit() {
    for (int length = 1; length < BYTES.length; length++) {
      PullBody body = new PullBody(true, 25);
      body.startAt(START.lsn());
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      for (int from = 0; from < BYTES.length; from += length) {
        body.add(BYTES, from, Math.min(BYTES.length, from + length));
        all.writeBytes(body.take());
      }
      assertThat(body.isEnough()).isTrue();
      assertThat(all.toString(StandardCharsets.UTF_8) + ended(body))
          .as("pieces of %s", length)
          .isEqualTo(
              """
              {"a":"#0/7"}
              {"b":1}
              {"c":"ü"}
              {"position":"00000001.1.00000001.1/1B","live":true}
              """);
    }
  }

  private static String ended(PullBody body) {
    body.end(START, true);
    return new String(body.take(), StandardCharsets.UTF_8);
  }
}
