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
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Many clients of one address, on one thread: counts their messages without a copy. Of one client
 * in a hundred it reads the times that the messages hold.
 */
final class Followers implements AutoCloseable {
  private static final byte[] TIME = "\"t=".getBytes(StandardCharsets.US_ASCII);
  private static final int SAMPLE = 100;
  private static final int AT_ONCE = 200;
  private static final int PAUSE_MILLIS = 50;
  private static final int SMALLEST_BUFFER = 4096;

  private final InetSocketAddress address;
  private final Transport transport;
  private final String request;
  private final Selector selector = Selector.open();
  private final List<SocketChannel> channels = new ArrayList<>();
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(256 * 1024);
  private final byte[] bytes = new byte[256 * 1024];
  private final AtomicLong messages = new AtomicLong();
  private final AtomicLong opened = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final LongConsumer times;
  private final int stalling; // so many of the first clients; the sample has none of them
  private volatile boolean stalled;
  private volatile boolean over;
  private volatile @Nullable String failure;
  private final Thread thread;

  /** How messages come. */
  enum Transport {
    WEBSOCKET(
        "HTTP/1.1 101",
        """
        Upgrade: websocket\r
        Connection: Upgrade\r
        Sec-WebSocket-Version: 13\r
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
        """),
    EVENTS("HTTP/1.1 200", "Accept: text/event-stream\r\n");

    private final String status;
    private final String headers;

    Transport(String status, String headers) {
      this.status = status;
      this.headers = headers;
    }

    /** A refused event stream has status 200 too, and ends with an event that says so. */
    boolean isRefused(String answer) {
      return (answer.length() >= status.length() && !answer.startsWith(status))
          || answer.contains("event: bye");
    }

    /** An event stream has begun with our first event, or with nchan's first comment. */
    boolean hasBegun(String answer) {
      return answer.contains("\r\n\r\n")
          && (this == WEBSOCKET || answer.contains("event: hello") || answer.contains(": hi"));
    }

    private MessageCounter counter(String answer, Followers followers, SocketChannel channel) {
      return this == WEBSOCKET
          ? new FrameCounter(channel, followers::failed)
          : new EventCounter(answer.contains("chunked"));
    }
  }

  /** One client. */
  private static final class Client {
    final SocketChannel channel;
    int number = Integer.MAX_VALUE; // in the order in which they were answered, from 0
    @Nullable MessageCounter counter; // once its request is answered
    byte[] answer = {}; // until then

    Client(SocketChannel channel) {
      this.channel = channel;
    }
  }

  /**
   * Opens no connection yet.
   *
   * @param stalling so many of them read nothing after {@link #stall}
   * @param times gets microseconds since 1970, as the sampled messages hold them
   */
  Followers(Transport transport, Contender whom, int stalling, LongConsumer times)
      throws IOException {
    this.address = new InetSocketAddress(InetAddress.getLoopbackAddress(), whom.port());
    this.stalling = stalling;
    this.transport = transport;
    this.request =
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s\r\n"
            .formatted(whom.path(), whom.port(), transport.headers);
    this.times = times;
    this.thread = new Thread(this::read, "followers");
    thread.setDaemon(true);
    thread.start();
  }

  /** Opens so many, some at a time, and those that are refused once more. */
  void open(int count, Duration limit) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    int begun = 0;
    long refusedBefore = 0;
    while (opened.get() < count) {
      if (System.nanoTime() > deadline || failure != null) {
        throw new IOException(
            "%d of %d connections in %s: %s".formatted(opened.get(), count, limit, failure));
      }
      long isRefused = refused.get();
      if (isRefused > refusedBefore) {
        Thread.sleep(PAUSE_MILLIS); // as Retry-After asks, but briefly
        begun -= (int) (isRefused - refusedBefore);
        refusedBefore = isRefused;
      }
      if (begun < count && begun - opened.get() < AT_ONCE) {
        open();
        begun++;
      } else {
        Thread.onSpinWait();
      }
    }
  }

  private void open() throws IOException {
    SocketChannel channel = SocketChannel.open();
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.connect(address);
    channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
    channel.configureBlocking(false);
    channels.add(channel);
    channel.register(selector, SelectionKey.OP_READ, new Client(channel));
    selector.wakeup();
  }

  /** From now on those that are to stall read nothing, and the kernel keeps little for them. */
  void stall() {
    stalled = true;
  }

  long messages() {
    return messages.get();
  }

  /** Waits until nothing comes for half a second. */
  void settle() throws IOException {
    long deadline = System.nanoTime() + 30_000_000_000L;
    long last = -1;
    for (long now = messages(); now != last; now = messages()) {
      if (System.nanoTime() > deadline) {
        throw new IOException("messages still come");
      }
      last = now;
      LockSupport.parkNanos(500_000_000);
    }
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
          if (stalled && client.number < stalling) {
            client.channel.setOption(StandardSocketOptions.SO_RCVBUF, SMALLEST_BUFFER);
            key.cancel();
            continue;
          }
          buffer.clear();
          int length = client.channel.read(buffer);
          if (length < 0) {
            client.channel.close();
            failed("without a word");
          } else if (length > 0) {
            buffer.flip();
            buffer.get(bytes, 0, length);
            take(client, length);
          }
        }
        selector.selectedKeys().clear();
      }
    } catch (IOException e) {
      failed(e.toString());
    }
  }

  private void take(Client client, int length) throws IOException {
    MessageCounter counter = client.counter;
    if (counter == null) {
      begin(client, length);
      return;
    }
    if (client.number >= stalling && client.number % SAMPLE == SAMPLE - 1) {
      sample(length);
    }
    messages.lazySet(messages.get() + counter.take(bytes, 0, length));
  }

  private void begin(Client client, int length) throws IOException {
    int before = client.answer.length;
    byte[] answer = Arrays.copyOf(client.answer, before + length);
    System.arraycopy(bytes, 0, answer, before, length);
    client.answer = answer;
    String text = new String(answer, StandardCharsets.ISO_8859_1);
    if (transport.isRefused(text)) {
      client.channel.close();
      refused.incrementAndGet();
    } else if (transport.hasBegun(text)) {
      MessageCounter counter = transport.counter(text, this, client.channel);
      int body = text.indexOf("\r\n\r\n") + 4;
      messages.lazySet(messages.get() + counter.take(answer, body, answer.length));
      client.counter = counter;
      client.answer = new byte[0];
      client.number = (int) opened.getAndIncrement();
    }
  }

  /** Times that lie in two pieces are passed over. */
  private void sample(int length) {
    for (int at = 0; at + 22 < length; at++) {
      int same = 0;
      while (same < TIME.length && bytes[at + same] == TIME[same]) {
        same++;
      }
      if (same == TIME.length) {
        long time = number(at + same);
        if (time > 0) {
          times.accept(time);
        }
      }
    }
  }

  /** Of 16 digits; 0 if something is between them, such as the end of a chunk. */
  private long number(int at) {
    long number = 0;
    for (int i = at; i < at + 16; i++) {
      if (bytes[i] < '0' || bytes[i] > '9') {
        return 0;
      }
      number = number * 10 + bytes[i] - '0';
    }
    return number;
  }

  @Override
  public void close() throws IOException {
    over = true;
    Tools.awaitEnd(thread);
    for (SocketChannel channel : channels) {
      if (channel.isOpen()) {
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        channel.close();
      }
    }
    selector.close();
  }
}
