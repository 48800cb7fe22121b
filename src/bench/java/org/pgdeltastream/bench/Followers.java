package org.pgdeltastream.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/**
 * Many clients of one websocket address, on one thread: counts their messages without a copy. Of
 * one client in a hundred it reads the times that the messages hold.
 */
final class Followers implements AutoCloseable {
  private static final byte[] TIME = "\"t=".getBytes(StandardCharsets.US_ASCII);
  private static final int SAMPLE = 100;
  private static final int AT_ONCE = 200;

  private final InetSocketAddress address;
  private final String request;
  private final Selector selector = Selector.open();
  private final List<SocketChannel> channels = new ArrayList<>();
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(256 * 1024);
  private final byte[] bytes = new byte[256 * 1024];
  private final AtomicLong messages = new AtomicLong();
  private final AtomicLong opened = new AtomicLong();
  private final LongConsumer times;
  private volatile boolean over;
  private volatile boolean failed;
  private final Thread thread;

  /** One client. */
  private static final class Client {
    final int number;
    boolean open; // the handshake was answered
    long skip; // bytes of the present frame's payload
    final byte[] header = new byte[10];
    int headerLength;

    Client(int number) {
      this.number = number;
    }
  }

  /**
   * Opens no connection yet.
   *
   * @param times gets microseconds since 1970, as the sampled messages hold them
   */
  Followers(int port, String path, LongConsumer times) throws IOException {
    this.address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    this.request =
        """
        GET %s HTTP/1.1\r
        Host: 127.0.0.1:%d\r
        Upgrade: websocket\r
        Connection: Upgrade\r
        Sec-WebSocket-Version: 13\r
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
        \r
        """
            .formatted(path, port);
    this.times = times;
    this.thread = new Thread(this::read, "followers");
    thread.setDaemon(true);
    thread.start();
  }

  /** Opens so many more, some at a time; those that follow {@code reads} are never read. */
  void open(int count, int reads, Duration limit) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    for (int i = 0; i < count; i++) {
      while (channels.size() - opened.get() >= AT_ONCE) {
        if (System.nanoTime() > deadline) {
          throw new IOException(opened.get() + " of " + count + " connections in " + limit);
        }
        Thread.onSpinWait();
      }
      SocketChannel channel = SocketChannel.open();
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.connect(address);
      channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
      channel.configureBlocking(false);
      channels.add(channel);
      if (i < reads) {
        channel.register(selector, SelectionKey.OP_READ, new Client(channels.size()));
        selector.wakeup();
      } else {
        opened.incrementAndGet();
      }
    }
    while (opened.get() < channels.size()) {
      if (System.nanoTime() > deadline) {
        throw new IOException(opened.get() + " of " + channels.size() + " connections in " + limit);
      }
      Thread.onSpinWait();
    }
  }

  long messages() {
    return messages.get();
  }

  boolean hasFailed() {
    return failed;
  }

  private void read() {
    try {
      while (!over) {
        selector.select(50);
        for (SelectionKey key : selector.selectedKeys()) {
          Client client = (Client) key.attachment();
          buffer.clear();
          int length = ((SocketChannel) key.channel()).read(buffer);
          if (length < 0) {
            key.cancel();
            failed = true;
          } else if (length > 0) {
            buffer.flip();
            buffer.get(bytes, 0, length);
            take(client, length);
          }
        }
        selector.selectedKeys().clear();
      }
    } catch (IOException e) {
      failed = true;
    }
  }

  private void take(Client client, int length) {
    int at = 0;
    if (!client.open) {
      at = endOfHandshake(length);
      client.open = true;
      opened.incrementAndGet();
    }
    if (client.number % SAMPLE == 0) {
      sample(at, length);
    }
    int count = 0;
    while (at < length) {
      if (client.skip > 0) {
        long passed = Math.min(client.skip, length - at);
        client.skip -= passed;
        at += (int) passed;
        continue;
      }
      client.header[client.headerLength++] = bytes[at++];
      if (client.headerLength >= 2 && client.headerLength == headerSize(client.header)) {
        client.skip = payload(client.header);
        client.headerLength = 0;
        count += (client.header[0] & 0x0F) <= 1 && client.header[0] < 0 ? 1 : 0;
      }
    }
    messages.lazySet(messages.get() + count);
  }

  private int endOfHandshake(int length) {
    for (int i = 3; i < length; i++) {
      if (bytes[i] == '\n' && bytes[i - 2] == '\n') {
        return i + 1;
      }
    }
    return length;
  }

  private static int headerSize(byte[] header) {
    return switch (header[1] & 0x7F) {
      case 126 -> 4;
      case 127 -> 10;
      default -> 2;
    };
  }

  private static long payload(byte[] header) {
    int size = headerSize(header);
    long length = size == 2 ? header[1] & 0x7F : 0;
    for (int i = 2; i < size; i++) {
      length = length << 8 | (header[i] & 0xFF);
    }
    return length;
  }

  /** Times that lie in two pieces are passed over. */
  private void sample(int start, int length) {
    for (int at = start; at + 22 < length; at++) {
      int same = 0;
      while (same < TIME.length && bytes[at + same] == TIME[same]) {
        same++;
      }
      if (same == TIME.length) {
        long time = 0;
        for (int i = 0; i < 16; i++) {
          time = time * 10 + bytes[at + same + i] - '0';
        }
        times.accept(time);
      }
    }
  }

  @Override
  public void close() throws IOException {
    over = true;
    try {
      thread.join(5_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (SocketChannel channel : channels) {
      channel.setOption(StandardSocketOptions.SO_LINGER, 0);
      channel.close();
    }
    selector.close();
  }
}
