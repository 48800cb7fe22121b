package org.pgdeltastream.decoder;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.MalformedMessageException;
import org.pgdeltastream.support.InPlace;

class PgOutputVectorTest {
  @Test
  void decodesWhatARealServerSent() throws IOException {
    RecordingListener listener = new RecordingListener();
    PgOutputDecoder decoder = new PgOutputDecoder(listener);
    for (byte[] message : Vectors.pgOutput()) {
      InPlace.decode(decoder, message);
    }
    assertThat(decoder.betweenMessages()).isTrue();
    assertThat(listener.calls())
        .contains(
            "begin 0/155A370 xid 744",
            "insert public.users [1, Ann, 1.50]",
            "update public.two KEY [1, a, null] -> [1, b, 2]",
            "delete public.ident_full FULL [1, y, null]",
            "update public.big NONE [] -> [1, unchanged, t]",
            "insert we ird.T \"q\" \\x [1, x]",
            "insert public.moody [1, a, {a,b}]",
            "truncate [public.users, public.two] "
                + "TruncateOptions[cascade=true, restartIdentity=true]",
            "commit 0/1564500 end 0/1564670");
  }

  @Test
  void refusesFlippedBytesOrReadsThemButNeverFailsOtherwise() throws IOException {
    Random random = new Random(42);
    int refused = 0;
    for (int round = 0; round < 2000; round++) {
      refused += refusals(random);
    }
    assertThat(refused).isGreaterThan(1000);
  }

  /** Plays the recording with about one flipped byte in twenty messages. */
  private static int refusals(Random random) throws IOException {
    PgOutputDecoder decoder = new PgOutputDecoder(new RecordingListener());
    List<byte[]> messages = Vectors.pgOutput();
    int refused = 0;
    for (byte[] message : messages) {
      if (random.nextInt(20) == 0) {
        message[random.nextInt(message.length)] ^= (byte) (1 << random.nextInt(8));
      }
      try {
        InPlace.decode(decoder, message);
      } catch (MalformedMessageException e) {
        assertThat(e).hasMessageContaining("at byte");
        refused++;
      }
    }
    return refused;
  }
}
