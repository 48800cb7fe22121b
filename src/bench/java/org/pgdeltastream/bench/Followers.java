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
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Many clients of one websocket address, on one thread: counts their messages without a copy. Of
 * one client in a hundred it reads the times that the messages hold.
 */
final class Followers implements AutoCloseable {
  private static final byte[] TIME = "\"t=".getBytes(StandardCharsets.US_ASCII);
  private static final int SAMPLE = 100;
  private static final int AT_ONCE = 200;
  private static final int PAUSE_MILLIS = 50;

  private final InetSocketAddress address;
  private final String request;
  private final Selector selector = Selector.open();
  private final List<SocketChannel> channels = new ArrayList<>();
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(256 * 1024);
  private final byte[] bytes = new byte[256 * 1024];
  private final AtomicLong messages = new AtomicLong();
  private final AtomicLong opened = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final LongConsumer times;
  private volatile boolean over;
  private volatile @Nullable String failure;
  private final Thread thread;

  /** One client. */
  private static final class Client {
    final int number;
    final SocketChannel channel;
    final boolean reads; // behind the handshake
    boolean open; // the handshake was answered
    long skip; // bytes of the present frame's payload
    final byte[] header = new byte[10];
    int headerLength;
    final ByteBuffer control = ByteBuffer.allocate(125); // of the present frame, if it is one

    Client(int number, SocketChannel channel, boolean reads) {
      this.number = number;
      this.channel = channel;
      this.reads = reads;
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

  /**
   * Opens so many more, some at a time, and those that are refused once more; of these the first
   * {@code reads} are read, the others never.
   */
  void open(int count, int reads, Duration limit) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    int begun = 0;
    long refusedBefore = refused.get();
    while (opened.get() < count) {
      if (System.nanoTime() > deadline) {
        throw new IOException(opened.get() + " of " + count + " connections in " + limit);
      }
      long isRefused = refused.get();
      if (isRefused > refusedBefore) {
        Thread.sleep(PAUSE_MILLIS); // as Retry-After asks, but briefly
        begun -= (int) (isRefused - refusedBefore);
        refusedBefore = isRefused;
      }
      if (begun < count && begun - opened.get() < AT_ONCE) {
        open(begun < reads);
        begun++;
      } else {
        Thread.onSpinWait();
      }
    }
  }

  private void open(boolean reads) throws IOException {
    SocketChannel channel = SocketChannel.open();
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.connect(address);
    channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
    channel.configureBlocking(false);
    channels.add(channel);
    channel.register(selector, SelectionKey.OP_READ, new Client(channels.size(), channel, reads));
    selector.wakeup();
  }

  long messages() {
    return messages.get();
  }

  /** Why the first connection that was closed was closed, as far as it is known. */
  Optional<String> failure() {
    return Optional.ofNullable(failure);
  }

  private void failed(String why) {
    if (failure == null) {
      failure = why;
    }
  }

  private void read() {
    try {
      while (!over) {
        selector.select(50);
        for (SelectionKey key : selector.selectedKeys()) {
          Client client = (Client) key.attachment();
          if (client.open && !client.reads) {
            key.cancel();
            continue;
          }
          buffer.clear();
          int length = ((SocketChannel) key.channel()).read(buffer);
          if (length < 0) {
            key.cancel();
            failed("without a word");
          } else if (length > 0) {
            buffer.flip();
            buffer.get(bytes, 0, length);
            take(client, length);
            if (!client.open) {
              key.cancel();
              client.channel.close();
            }
          }
        }
        selector.selectedKeys().clear();
      }
    } catch (IOException e) {
      failed(e.toString());
    }
  }

  private void take(Client client, int length) throws IOException {
    int at = 0;
    if (!client.open) {
      if (length < 12 || bytes[9] != '1') { // 101
        refused.incrementAndGet();
        return;
      }
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
        int passed = (int) Math.min(client.skip, length - at);
        if (isControl(client)) {
          client.control.put(bytes, at, passed);
        }
        client.skip -= passed;
        at += passed;
        if (client.skip == 0 && isControl(client)) {
          answer(client);
        }
        continue;
      }
      client.header[client.headerLength++] = bytes[at++];
      if (client.headerLength >= 2 && client.headerLength == headerSize(client.header)) {
        client.skip = payload(client.header);
        client.headerLength = 0;
        count += (client.header[0] & 0x0F) <= 1 && client.header[0] < 0 ? 1 : 0;
        if (client.skip == 0 && isControl(client)) {
          answer(client);
        }
      }
    }
    messages.lazySet(messages.get() + count);
  }

  private static boolean isControl(Client client) {
    return (client.header[0] & 0x08) != 0;
  }

  /** A pong to a ping; a close frame is remembered. */
  private void answer(Client client) throws IOException {
    ByteBuffer payload = client.control.flip();
    if ((client.header[0] & 0x0F) == 8) {
      String code = payload.remaining() > 1 ? payload.getShort() + " " : "";
      failed(code + StandardCharsets.UTF_8.decode(payload));
    } else if ((client.header[0] & 0x0F) == 9) {
      ByteBuffer pong = ByteBuffer.allocate(6 + payload.remaining());
      pong.put((byte) 0x8A).put((byte) (0x80 | payload.remaining())).putInt(0).put(payload);
      client.channel.write(pong.flip());
    }
    client.control.clear();
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
      if (channel.isOpen()) {
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        channel.close();
      }
    }
    selector.close();
  }
}
