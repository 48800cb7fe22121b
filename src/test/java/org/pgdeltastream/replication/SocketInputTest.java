package org.pgdeltastream.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.net.Socket;
import org.junit.jupiter.api.Test;

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
        assertThat(input.read(new byte[bytes], 0, bytes)).isEqualTo(bytes);
      }
      return socket.getReceiveBufferSize();
    }
  }
}
