package org.pgdeltastream.support;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Connections by the thousand to one port of this machine, from several of its loopback addresses,
 * since one has too few ports. One thread opens them; nobody reads.
 */
public final class ManySockets implements AutoCloseable {
  private static final int EACH_ADDRESS = 4000;
  private static final int AT_ONCE = 64; // connects on their way

  private final int port;
  private final List<SocketChannel> open = new ArrayList<>();

  public ManySockets(int port) {
    this.port = port;
  }

  /** How many files a process like this one may open; 0 where the system does not tell. */
  public static int mostFiles() throws IOException {
    Path limits = Path.of("/proc/self/limits");
    if (Files.notExists(limits)) {
      return 0;
    }
    return Files.readAllLines(limits).stream()
        .filter(line -> line.startsWith("Max open files"))
        .map(line -> line.split(" +", -1)[3])
        .map(most -> most.equals("unlimited") ? Integer.MAX_VALUE : Integer.parseInt(most))
        .findFirst()
        .orElse(0);
  }

  /**
   * Opens as many as come within the time, and sends these bytes on each.
   *
   * @return how many are connected
   */
  public int open(int count, String text, Duration limit) throws IOException {
    return open(count, text.getBytes(StandardCharsets.US_ASCII), limit);
  }

  /** The same with any bytes. */
  public int open(int count, byte[] sent, Duration limit) throws IOException {
    long deadline = System.nanoTime() + limit.toNanos();
    ByteBuffer bytes = ByteBuffer.wrap(sent);
    int connected = 0;
    int begun = 0;
    try (Selector selector = Selector.open()) {
      while (connected < count && System.nanoTime() < deadline) {
        for (; begun < count && begun - connected < AT_ONCE; begun++) {
          begin(selector);
        }
        selector.select(100);
        Iterator<SelectionKey> keys = selector.selectedKeys().iterator();
        while (keys.hasNext()) {
          SelectionKey key = keys.next();
          keys.remove();
          SocketChannel channel = (SocketChannel) key.channel();
          if (channel.finishConnect()) {
            key.cancel();
            channel.write(bytes.duplicate());
            connected++;
          }
        }
      }
    }
    return connected;
  }

  private void begin(Selector selector) throws IOException {
    SocketChannel channel = SocketChannel.open();
    open.add(channel);
    channel.setOption(StandardSocketOptions.SO_RCVBUF, 4096);
    channel.bind(new InetSocketAddress("127.0.0." + (2 + open.size() / EACH_ADDRESS), 0));
    channel.configureBlocking(false);
    channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    channel.register(selector, SelectionKey.OP_CONNECT);
  }

  /** Sends these bytes on each that is still open; says how many are not. */
  public int send(String text) {
    int closed = 0;
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    for (SocketChannel channel : open) {
      try {
        channel.write(bytes.duplicate());
      } catch (IOException e) {
        closed++; // by the server
      }
    }
    return closed;
  }

  /** How many the server has closed by now. */
  public int closedByServer() throws IOException {
    int closed = 0;
    ByteBuffer lost = ByteBuffer.allocate(4096);
    for (SocketChannel channel : open) {
      try {
        int read = channel.isConnected() ? channel.read(lost.clear()) : 0;
        while (read > 0) {
          read = channel.read(lost.clear());
        }
        closed += read < 0 ? 1 : 0;
      } catch (IOException e) {
        closed++; // reset
      }
    }
    return closed;
  }

  /** All at once. */
  public void leave() throws IOException {
    for (SocketChannel channel : open) {
      channel.close();
    }
  }

  @Override
  public void close() throws IOException {
    leave();
  }
}
