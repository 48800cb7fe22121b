package org.pgdeltastream.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A client of a feed that goes on at its position whenever it is connected again, and checks what
 * comes: rows with {@code n=} and a number one higher than the last. All belong to one thread.
 */
final class HerdClient {
  private static final byte[] MESSAGE = "{\"nextlsn\":\"".getBytes(US_ASCII);
  private static final byte[] NUMBER = "\"n=".getBytes(US_ASCII);
  private static final Pattern HELLO =
      Pattern.compile("\\{\"hello\":.*\"token\":\"([^\"]+)\",\"start\":\"([^\"]+)\".*");
  private static final Pattern RETRY_AFTER =
      Pattern.compile("\r\nRetry-After: (\\d+)\r\n", Pattern.CASE_INSENSITIVE);

  private final Herd.Counts counts;
  private final InetSocketAddress from;
  private @Nullable SocketChannel channel;
  private boolean isAnswered; // with 101
  private volatile boolean isGreeted;
  private byte[] rest = {}; // of an answer or a frame that has come in part
  private String token = "";
  private String startText = ""; // where the feed was when it first came
  private long position; // of the last message
  private volatile long last; // number of the last row; 0 before the first
  private long lastHere; // the same on this connection

  /**
   * Not connected yet.
   *
   * @param from its own address, on any port
   */
  HerdClient(Herd.Counts counts, InetSocketAddress from) {
    this.counts = counts;
    this.from = from;
  }

  /** Begins to connect. */
  void connect(Selector selector, InetSocketAddress to) throws IOException {
    SocketChannel opened = SocketChannel.open();
    channel = opened;
    isAnswered = false;
    rest = new byte[0];
    lastHere = 0;
    opened.setOption(StandardSocketOptions.TCP_NODELAY, true);
    opened.bind(from);
    opened.configureBlocking(false);
    opened.register(selector, SelectionKey.OP_CONNECT, this);
    opened.connect(to);
  }

  /** The connection stands: asks for what comes after its position. */
  void ask(SelectionKey key, String path) throws IOException {
    SocketChannel open = (SocketChannel) key.channel();
    open.finishConnect();
    key.interestOps(SelectionKey.OP_READ);
    String after = token.isEmpty() ? "" : "?after=" + token + "." + positionText();
    String request =
        """
        GET %s%s HTTP/1.1\r
        Host: 127.0.0.1\r
        Upgrade: websocket\r
        Connection: Upgrade\r
        Sec-WebSocket-Version: 13\r
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
        \r
        """
            .formatted(path, after);
    open.write(ByteBuffer.wrap(request.getBytes(US_ASCII)));
  }

  private String positionText() {
    return position == 0
        ? startText
        : String.format("%X/%X", position >>> 32, position & 0xFFFF_FFFFL);
  }

  /**
   * Reads what is there.
   *
   * @param bytes for what is being read; of all clients
   * @return after how many milliseconds it may come again; 0 while it is connected
   */
  int read(byte[] bytes) throws IOException {
    SocketChannel open = requireNonNull(channel);
    System.arraycopy(rest, 0, bytes, 0, rest.length);
    int read = open.read(ByteBuffer.wrap(bytes, rest.length, bytes.length - rest.length));
    if (read < 0) {
      return Herd.PAUSE_MILLIS;
    }
    int length = rest.length + read;
    int at = 0;
    if (!isAnswered) {
      String answer = new String(bytes, 0, length, ISO_8859_1);
      at = answer.indexOf("\r\n\r\n") + 4;
      if (at < 4) {
        rest = Arrays.copyOf(bytes, length);
        return 0;
      }
      if (!answer.startsWith("HTTP/1.1 101")) {
        return refused(answer);
      }
      isAnswered = true;
    }
    int next = frame(bytes, at, length);
    while (next > at) {
      at = next;
      next = frame(bytes, at, length);
    }
    rest = at == length ? new byte[0] : Arrays.copyOfRange(bytes, at, length);
    return 0;
  }

  private int refused(String answer) {
    Matcher after = RETRY_AFTER.matcher(answer);
    if (!answer.startsWith("HTTP/1.1 503") || !after.find()) {
      counts.failed(answer.lines().findFirst().orElse(""));
      return Herd.PAUSE_MILLIS;
    }
    counts.refused.incrementAndGet();
    return Integer.parseInt(after.group(1)) * 1000;
  }

  /** Takes a frame that is whole; returns where it ended, or where it began if it is not whole. */
  private int frame(byte[] bytes, int begin, int to) throws IOException {
    if (to - begin < 4) {
      return begin;
    }
    int length = bytes[begin + 1] & 0x7F;
    int start = begin + 2;
    if (length == 126) {
      length = (bytes[begin + 2] & 0xFF) << 8 | (bytes[begin + 3] & 0xFF);
      start = begin + 4;
    } else if (length == 127) {
      throw new IOException("a message of more than 64 KB");
    }
    if (to - start < length) {
      return begin;
    }
    switch (bytes[begin] & 0xFF) {
      case 0x81 -> message(bytes, start, start + length);
      case 0x88 -> counts.failed("closed: " + text(bytes, start + 2, start + length));
      case 0x89 -> pong(bytes, start, length);
      default -> throw new IOException("a frame that begins with " + bytes[begin]);
    }
    return start + length;
  }

  private static String text(byte[] bytes, int from, int to) {
    return new String(bytes, from, Math.max(0, to - from), ISO_8859_1);
  }

  private void pong(byte[] bytes, int start, int length) throws IOException {
    ByteBuffer pong = ByteBuffer.allocate(6 + length);
    pong.put((byte) 0x8A).put((byte) (0x80 | length)).putInt(0).put(bytes, start, length);
    requireNonNull(channel).write(pong.flip());
  }

  private void message(byte[] bytes, int start, int to) {
    if (!Arrays.equals(bytes, start, start + MESSAGE.length, MESSAGE, 0, MESSAGE.length)) {
      notice(text(bytes, start, to));
      return;
    }
    long before = position;
    int at = lsn(bytes, start + MESSAGE.length);
    while (at < to - NUMBER.length
        && !Arrays.equals(bytes, at, at + NUMBER.length, NUMBER, 0, NUMBER.length)) {
      at++;
    }
    if (at >= to - NUMBER.length) {
      return; // only a position
    }
    long number = 0;
    for (at += NUMBER.length; bytes[at] != '"'; at++) {
      number = number * 10 + bytes[at] - '0';
    }
    check(number, Long.compareUnsigned(position, before) > 0);
  }

  private void check(long number, boolean isAbove) {
    if (number <= lastHere) {
      counts.disordered.incrementAndGet();
    } else if (number <= last || !isAbove) {
      counts.twice.incrementAndGet();
    } else if (last > 0) {
      counts.lost.addAndGet(number - last - 1);
    }
    lastHere = number;
    last = Math.max(last, number);
  }

  /** Takes the position; returns where it ends. */
  private int lsn(byte[] bytes, int begin) {
    long high = 0;
    long low = 0;
    int at = begin;
    for (; bytes[at] != '"'; at++) {
      if (bytes[at] == '/') {
        high = low;
        low = 0;
      } else {
        low = low << 4 | Character.digit(bytes[at], 16);
      }
    }
    position = high << 32 | low;
    return at;
  }

  private void notice(String json) {
    Matcher hello = HELLO.matcher(json);
    if (hello.matches()) {
      token = hello.group(1);
      startText = hello.group(2);
      isGreeted = true;
    } else if (!json.startsWith("{\"live\"")) {
      counts.failed(json);
    }
  }

  boolean isBack() {
    return isGreeted;
  }

  long last() {
    return last;
  }

  void disconnect() throws IOException {
    isGreeted = false;
    SocketChannel open = channel;
    if (open != null && open.isOpen()) {
      open.setOption(StandardSocketOptions.SO_LINGER, 0); // no port waits
      open.close();
    }
  }
}
