package org.pgdeltastream.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Counts a server's websocket messages without a copy (RFC 6455, section 5); answers pings. */
final class FrameCounter implements MessageCounter {
  private final SocketChannel channel;
  private final Consumer<String> closed;
  private final byte[] header = new byte[10];
  private int headerLength;
  private long skip; // bytes of the present frame's payload
  private final ByteBuffer control = ByteBuffer.allocate(125); // of the present frame, if it is one

  /**
   * Counts what comes on this channel.
   *
   * @param closed gets the code and the reason of a close frame
   */
  FrameCounter(SocketChannel channel, Consumer<String> closed) {
    this.channel = channel;
    this.closed = closed;
  }

  @Override
  public int take(byte[] bytes, int from, int to) throws IOException {
    int at = from;
    int count = 0;
    while (at < to) {
      if (skip > 0) {
        int passed = (int) Math.min(skip, to - at);
        if (isControl()) {
          control.put(bytes, at, passed);
        }
        skip -= passed;
        at += passed;
        if (skip == 0 && isControl()) {
          answer();
        }
        continue;
      }
      header[headerLength++] = bytes[at++];
      if (headerLength >= 2 && headerLength == headerSize()) {
        skip = payload();
        headerLength = 0;
        count += (header[0] & 0x0F) <= 1 && header[0] < 0 ? 1 : 0;
        if (skip == 0 && isControl()) {
          answer();
        }
      }
    }
    return count;
  }

  private boolean isControl() {
    return (header[0] & 0x08) != 0;
  }

  /** A pong to a ping; a close frame is told. */
  private void answer() throws IOException {
    ByteBuffer payload = control.flip();
    if ((header[0] & 0x0F) == 8) {
      String code = payload.remaining() > 1 ? payload.getShort() + " " : "";
      closed.accept(code + StandardCharsets.UTF_8.decode(payload));
    } else if ((header[0] & 0x0F) == 9) {
      ByteBuffer pong = ByteBuffer.allocate(6 + payload.remaining());
      pong.put((byte) 0x8A).put((byte) (0x80 | payload.remaining())).putInt(0).put(payload);
      channel.write(pong.flip());
    }
    control.clear();
  }

  private int headerSize() {
    return switch (header[1] & 0x7F) {
      case 126 -> 4;
      case 127 -> 10;
      default -> 2;
    };
  }

  private long payload() {
    int size = headerSize();
    long length = size == 2 ? header[1] & 0x7F : 0;
    for (int i = 2; i < size; i++) {
      length = length << 8 | (header[i] & 0xFF);
    }
    return length;
  }
}
