package org.pgdeltastream.replication.connection;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SocketInputTest {
  private static final int SMALL = 16 * 1024;
  private static final int A_WINDOW = 14_511;
  private static final long MILLISECOND = 1_000_000;

  private long now;

  /** What comes at each read, after how long. */
  private static final class Arrivals extends InputStream {
    private final Runnable wait;
    private final int bytes;

    Arrivals(Runnable wait, int bytes) {
      this.wait = wait;
      this.bytes = bytes;
    }

    @Override
    public int read() {
      throw new UnsupportedOperationException("one byte at a time");
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      wait.run();
      return bytes;
    }
  }

  @Test
  void givesItsSocketMoreBufferOnceWindowsComeByATimerAlone() throws Exception {
    assertThat(bufferAfter(2, 204, A_WINDOW)).isLessThan(100_000);
    assertThat(bufferAfter(3, 204, A_WINDOW)).isGreaterThan(100_000);
  }

  @Test
  void keepsItsSmallBufferWhereLittleComesOrSeldomOrAtOnce() throws Exception {
    assertThat(bufferAfter(20, 204, 1_000)).isLessThan(100_000);
    assertThat(bufferAfter(20, 1_500, A_WINDOW)).isLessThan(100_000);
    assertThat(bufferAfter(20, 1, A_WINDOW)).isLessThan(100_000);
  }

  private int bufferAfter(int reads, long milliseconds, int bytes) throws Exception {
    try (Socket socket = new Socket()) {
      socket.setReceiveBufferSize(SMALL);
      InputStream arrivals = new Arrivals(() -> now += milliseconds * MILLISECOND, bytes);
      SocketInput input = new SocketInput(socket, arrivals, SMALL, () -> now);
      for (int read = 0; read < reads; read++) {
        assertThat(input.readNBytes(new byte[bytes], 0, bytes)).isEqualTo(bytes);
      }
      return socket.getReceiveBufferSize();
    }
  }

  /** A connection's bytes in pieces of any size, with silence between them. */
  private static final class Pieces extends InputStream {
    private final ByteBuffer bytes;
    private final Random random;

    Pieces(byte[] bytes, Random random) {
      this.bytes = ByteBuffer.wrap(bytes);
      this.random = random;
    }

    @Override
    public int read() {
      throw new UnsupportedOperationException("one byte at a time");
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (!bytes.hasRemaining()) {
        return -1;
      }
      if (random.nextInt(4) == 0) {
        throw new SocketTimeoutException();
      }
      int most = random.nextBoolean() ? 9 : length;
      int count = Math.min(Math.min(length, bytes.remaining()), 1 + random.nextInt(most));
      bytes.get(target, offset, count);
      return count;
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void givesEachMessageOnceAndInOrderInPlaceOrToTheDriver(long seed) throws Exception {
    Random random = new Random(seed);
    List<byte[]> sent = new ArrayList<>();
    ByteBuffer stream = ByteBuffer.allocate(40_000_000);
    for (int i = 0; i < 400; i++) {
      byte[] content = new byte[random.nextInt(random.nextInt(20) == 0 ? 90_000 : 300)];
      random.nextBytes(content);
      sent.add(content);
      stream.put((byte) (random.nextInt(20) == 0 ? 'N' : 'd')).putInt(content.length + 4);
      stream.put(content);
    }
    byte[] bytes = Arrays.copyOf(stream.array(), stream.position());

    try (Socket socket = new Socket()) {
      SocketInput input = new SocketInput(socket, new Pieces(begun(bytes), random), 0);
      readBeginning(input);
      input.readInPlace();
      int inPlace = 0;
      for (byte[] content : sent) {
        CopyData data = next(input);
        if (data != null) {
          inPlace++;
          byte[] taken = Arrays.copyOfRange(data.bytes(), data.start(), data.end());
          assertThat(taken).isEqualTo(content);
        } else {
          input.driverReads(true);
          assertThat(asDriver(input)).isEqualTo(content);
          input.driverReads(false);
        }
      }
      assertThat(inPlace).isBetween(300, 395);
      assertThat(catchEnd(input)).isInstanceOf(EOFException.class);
    }
  }

  /** What a server answers before it streams: no encryption, then a message. */
  private static byte[] begun(byte[] stream) {
    byte[] beginning = "NR\0\0\0\bokay".getBytes(StandardCharsets.US_ASCII);
    byte[] all = Arrays.copyOf(beginning, beginning.length + stream.length);
    System.arraycopy(stream, 0, all, beginning.length, stream.length);
    return all;
  }

  private static void readBeginning(SocketInput input) throws IOException {
    byte[] room = new byte[8192];
    ByteBuffer read = ByteBuffer.allocate(10);
    while (read.hasRemaining()) {
      int count = patient(() -> input.read(room, 0, room.length));
      read.put(room, 0, count); // more than the message would not fit
    }
    assertThat(new String(read.array(), StandardCharsets.US_ASCII))
        .startsWith("NR")
        .endsWith("okay");
  }

  /** Null where the driver has to read. */
  private static @Nullable CopyData next(SocketInput input) throws IOException {
    for (int tries = 0; tries < 100_000; tries++) {
      CopyData data = input.take();
      if (data != null || input.isForDriver()) {
        return data;
      }
      assertThat(input.available()).isZero();
      input.await(1);
    }
    throw new AssertionError("no message came");
  }

  private static byte[] asDriver(SocketInput input) throws IOException {
    byte[] header = patientRead(input, 5);
    return patientRead(input, ByteBuffer.wrap(header).getInt(1) - 4);
  }

  private static byte[] patientRead(SocketInput input, int length) throws IOException {
    byte[] read = new byte[length];
    int done = 0;
    while (done < length) {
      int from = done;
      done += patient(() -> input.read(read, from, length - from));
    }
    return read;
  }

  private interface Read {
    int read() throws IOException;
  }

  private static int patient(Read read) throws IOException {
    while (true) {
      try {
        return read.read();
      } catch (SocketTimeoutException e) {
        // silence; there is an end to it
      }
    }
  }

  private static Throwable catchEnd(SocketInput input) {
    try {
      next(input);
      return new AssertionError("a message behind the end");
    } catch (IOException e) {
      return e;
    }
  }

  @Test
  void hidesWhatIsHereFromADriverThatLooksByItself() throws Exception {
    byte[] message = {'d', 0, 0, 0, 5, 42};
    try (Socket socket = new Socket()) {
      SocketInput input = new SocketInput(socket, new Pieces(begun(message), new Random(1)), 0);
      readBeginning(input);
      input.readInPlace();
      while (!input.await(1)) {
        assertThat(input.isForDriver()).isFalse();
      }
      socket.setSoTimeout(1);
      assertThat(input.available()).isZero();
      assertThatThrownBy(() -> input.read(new byte[8], 0, 8))
          .isInstanceOf(SocketTimeoutException.class);
      CopyData data = requireNonNull(input.take());
      assertThat(data.bytes()[data.start()]).isEqualTo((byte) 42);
    }
  }
}
