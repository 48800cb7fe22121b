package org.pgdeltastream.decoder;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.pgdeltastream.change.HeapBudget.STEP;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.ChangeTally;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.HeapShare;
import org.pgdeltastream.change.HeapUsedUpException;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.encoder.RecordingOutput;

/** What a decoder keeps of large messages, and of many relations. */
class LargeMessagesTest {
  private final HeapBudget heap = new HeapBudget(64L * STEP);

  @Test
  void keepsNoLargeMessage() throws IOException {
    PgOutputDecoder decoder = decoder(heap.share());
    decode(decoder, begin());
    decode(decoder, relation(1));
    WeakReference<byte[]> message = decodeLarge(decoder);
    await("the message to be collected")
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              System.gc();
              return message.get() == null;
            });
    assertThat(decoder.betweenMessages()).as("it is used still").isFalse();
  }

  private static WeakReference<byte[]> decodeLarge(PgOutputDecoder decoder) throws IOException {
    byte[] message = insert(1, 2 * STEP);
    decode(decoder, message);
    return new WeakReference<>(message);
  }

  @Test
  void countsTheCopiesOfALogicalMessage() throws IOException {
    HeapShare others = heap.share();
    HeapShare share = heap.share();
    PgOutputDecoder decoder = decoder(share);
    share.stopWaiting();
    decode(decoder, message(10 * STEP));
    assertThat(heap.free()).as("given back").isEqualTo(heap.size());
    others.holdAnyway(30L * STEP);
    assertThatThrownBy(() -> decode(decoder, message(10 * STEP)))
        .isInstanceOfSatisfying(
            HeapUsedUpException.class, e -> assertThat(e.isHopeless()).isFalse());
    assertThatThrownBy(() -> decode(decoder, message(20 * STEP)))
        .isInstanceOfSatisfying(
            HeapUsedUpException.class, e -> assertThat(e.isHopeless()).isTrue());
  }

  @Test
  void countsTheCopiesOfATextOfAnotherEncoding() throws IOException {
    ChangeOptions options = ChangeOptions.usual();
    ServerEncoding latin = ServerEncoding.of("LATIN1").orElseThrow();
    HeapShare share = heap.share();
    share.stopWaiting();
    Wal2JsonText decoder =
        new Wal2JsonText(
            new Wal2JsonDecoder(options, new RecordingOutput(), ChangeTally.NONE),
            latin,
            options,
            share);
    byte[] text =
        ("{\"nextlsn\":\"0/10\",\"timestamp\":\"x\",\"change\":[{\"kind\":\"insert\",\"v\":\""
                + "\u00e9".repeat(5 * STEP)
                + "\"}]}")
            .getBytes(ISO_8859_1);
    decoder.decode(text, 0, text.length);
    assertThat(heap.free()).as("given back").isEqualTo(heap.size());
    HeapShare others = heap.share();
    others.holdAnyway(30L * STEP);
    assertThatThrownBy(() -> decoder.decode(text, 0, text.length))
        .isInstanceOf(HeapUsedUpException.class);
  }

  @Test
  void countsRelationsAndSaysWhenThereAreTooMany() throws IOException {
    HeapShare share = heap.share();
    PgOutputDecoder decoder = decoder(share);
    decode(decoder, begin());
    int count = 0;
    while (!decoder.isFull()) {
      decode(decoder, relation(++count));
      decode(decoder, relation(count));
    }
    assertThat(heap.size() - heap.free()).isBetween(heap.size() / 5, heap.size() / 3);
    assertThat(count).isGreaterThan(100);

    assertThatThrownBy(
            () -> {
              for (int more = 0; more < 100_000; more++) {
                decode(decoder, relation(1_000_000 + more));
              }
            })
        .isInstanceOf(HeapUsedUpException.class);
    share.close();
    assertThat(heap.free()).isEqualTo(heap.size());
  }

  private static PgOutputDecoder decoder(HeapShare share) {
    return new PgOutputDecoder(new RecordingListener(), ServerEncoding.OF_MOST, share);
  }

  private static void decode(PgOutputDecoder decoder, byte[] message) throws IOException {
    decoder.decode(message, 0, message.length);
  }

  private static byte[] begin() {
    return ByteBuffer.allocate(21).put((byte) 'B').array();
  }

  private static byte[] relation(int id) {
    ByteBuffer out = ByteBuffer.allocate(100);
    out.put((byte) 'R').putInt(id).put("public\0t\0".getBytes(UTF_8)).put((byte) 'd');
    out.putShort((short) 1).put((byte) 1).put("v\0".getBytes(UTF_8)).putInt(25).putInt(-1);
    return java.util.Arrays.copyOf(out.array(), out.position());
  }

  private static byte[] insert(int relation, int length) {
    return ByteBuffer.allocate(13 + length)
        .put((byte) 'I')
        .putInt(relation)
        .put((byte) 'N')
        .putShort((short) 1)
        .put((byte) 't')
        .putInt(length)
        .array();
  }

  private static byte[] message(int length) {
    ByteBuffer out = ByteBuffer.allocate(16 + length);
    out.put((byte) 'M').put((byte) 0).putLong(1).put((byte) 'p').put((byte) 0).putInt(length);
    return out.array();
  }
}
