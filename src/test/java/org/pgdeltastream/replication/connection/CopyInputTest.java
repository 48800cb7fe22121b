package org.pgdeltastream.replication.connection;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pgdeltastream.change.HeapBudget.STEP;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.HeapShare;
import org.pgdeltastream.change.HeapUsedUpException;
import org.postgresql.copy.CopyDual;

/** A message that is too large for the buffer is an array of the driver's. */
class CopyInputTest {
  private final HeapBudget heap = new HeapBudget(10L * STEP);
  private final HeapShare share = heap.share();
  private final Socket socket = new Socket();

  @AfterEach
  void close() throws IOException {
    socket.close();
  }

  @Test
  void leavesALargeMessageWhereItIsUntilTheHeapHasRoom() throws Exception {
    CopyInput messages = messages(100, 4 * STEP, 200);
    HeapShare others = heap.share();
    others.holdAnyway(8L * STEP);
    assertThat(await(messages).length()).isEqualTo(100);

    for (int look = 0; look < 3; look++) {
      assertThat(messages.await(1)).isNull();
      assertThat(messages.poll()).isNull();
      assertThat(messages.isStarved()).isTrue();
    }
    others.close();

    CopyData large = requireNonNull(messages.poll());
    assertThat(large.length()).isEqualTo(4 * STEP);
    assertThat(heap.free()).isEqualTo(6L * STEP);
    assertThat(messages.isStarved()).isFalse();
    assertThat(await(messages).length()).isEqualTo(200);
    assertThat(heap.free()).as("given back behind the next message").isEqualTo(10L * STEP);
    assertThat(large.bytes()).as("not kept").hasSizeLessThan(STEP);
  }

  @Test
  void failsAtOnceWhereThereWillNeverBeRoom() throws Exception {
    CopyInput messages = messages(100, 11 * STEP);
    assertThat(await(messages).length()).isEqualTo(100);
    assertThat(messages.await(1)).isNull();
    assertThat(messages.poll()).isNull();
    assertThatThrownBy(() -> messages.await(1))
        .isInstanceOfSatisfying(
            HeapUsedUpException.class, e -> assertThat(e.isHopeless()).isTrue());
  }

  @Test
  void readsOnWhereTheConnectionWasCutMeanwhile() throws Exception {
    CopyInput messages = messages(100, 11 * STEP);
    assertThat(await(messages).length()).isEqualTo(100);
    share.close();
    assertThat(await(messages).length()).isEqualTo(11 * STEP);
    assertThat(heap.free()).isEqualTo(10L * STEP);
  }

  @Test
  void countsWhatTheDriverHasReadWhereItsLengthCouldNotBeSeen() throws Exception {
    SocketInput encrypted =
        new SocketInput(socket, new ByteArrayInputStream(new byte[] {'S', 23, 3, 3}), 0);
    assertThat(encrypted.read()).isEqualTo('S');
    CopyInput messages = messages(encrypted, () -> new byte[12 * STEP]);
    assertThat(requireNonNull(messages.poll()).length()).isEqualTo(12 * STEP);
    assertThat(heap.free()).as("others feel it").isEqualTo(-2L * STEP);
    assertThat(messages.take()).isNull();
    assertThat(heap.free()).isEqualTo(10L * STEP);
  }

  private interface Read {
    byte @Nullable [] read() throws IOException;
  }

  private CopyInput messages(SocketInput input, Read read) {
    return new CopyInput(
        fake(CopyDual.class, read),
        new InputConnection(fake(Connection.class, () -> null), Optional.of(input), share));
  }

  private static <T> T fake(Class<T> type, Read read) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> read.read()));
  }

  private static CopyData await(CopyInput messages) throws Exception {
    for (int tries = 0; tries < 1_000; tries++) {
      CopyData message = messages.take();
      message = message == null ? messages.poll() : message;
      if (message != null) {
        return message;
      }
      messages.await(1);
    }
    throw new AssertionError("no message came");
  }

  private CopyInput messages(int... lengths) throws IOException {
    ByteBuffer stream = ByteBuffer.allocate(20 * STEP);
    stream.put("NR".getBytes(US_ASCII)).putInt(4);
    for (int length : lengths) {
      stream.put((byte) 'd').putInt(length + 4).put(new byte[length]);
    }
    SocketInput input =
        new SocketInput(socket, new ByteArrayInputStream(stream.array(), 0, stream.position()), 0);
    input.readNBytes(6);
    return messages(input, () -> asDriver(input));
  }

  private static byte @Nullable [] asDriver(SocketInput input) throws IOException {
    byte[] header = input.readNBytes(5);
    return input.readNBytes(ByteBuffer.wrap(header).getInt(1) - 4);
  }
}
