package org.pgdeltastream.bench;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A websocket client that costs little: it takes frames apart, has the changes counted and checked,
 * checks the order of positions, and acknowledges ten times a second.
 */
final class DrainClient implements AutoCloseable {
  private static final long ACKNOWLEDGE_NANOS = 100_000_000L;
  private static final byte[] POSITION = ascii("\"nextlsn\":\"");
  private static final int NEAR = 160; // so close to its message's start or end a position stands
  private static final int PIECE = 64 * 1024;

  private final Socket socket = new Socket();
  private final InputStream in;
  private final ChangeScanner scanner;
  private final byte[] input = new byte[256 * 1024];
  private int next;
  private int end;
  private byte[] text = new byte[512 * 1024]; // of the message that comes: its last bytes
  private int scanned;
  private int length;
  private boolean started;
  private long bytes;
  private long position;
  private long acknowledgedAt = System.nanoTime();

  DrainClient(String url, ChangeScanner scanner) throws IOException {
    this.scanner = scanner;
    URI uri = URI.create(url);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), uri.getPort()));
    socket.setSoTimeout(120_000);
    socket.setTcpNoDelay(true);
    in = socket.getInputStream();
    String request =
        "GET %s?%s HTTP/1.1\r\nHost: localhost:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                .formatted(uri.getPath(), uri.getQuery(), uri.getPort())
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    socket.getOutputStream().write(ascii(request));
    StringBuilder answer = new StringBuilder();
    while (answer.indexOf("\r\n\r\n") < 0) {
      answer.append((char) read());
    }
    if (!answer.toString().startsWith("HTTP/1.1 101")) {
      throw new IOException(answer.toString());
    }
  }

  /** Reads until so many changes have come and their transaction has ended; answers the bytes. */
  long drain(int changes) throws IOException {
    long before = position;
    while (scanner.changes() < changes || started || position == before) {
      frame();
    }
    acknowledge();
    return bytes;
  }

  private void frame() throws IOException {
    int head = read();
    long size = number(1);
    if (size == 126) {
      size = number(2);
    } else if (size == 127) {
      size = number(8);
    }
    int opcode = head & 0xF;
    if (opcode > 2) {
      control(opcode, (int) size);
      return;
    }
    bytes += size;
    take(size);
    boolean last = (head & 0x80) != 0;
    if (!started || last) {
      findPosition(started ? Math.max(0, length - NEAR) : 0);
    }
    started = !last;
    if (last) {
      scanned = 0;
      length = 0;
    } else if (scanned > PIECE) {
      int kept = Math.min(scanned, length - NEAR);
      System.arraycopy(text, kept, text, 0, length - kept);
      length -= kept;
      scanned -= kept;
    }
    if (System.nanoTime() - acknowledgedAt > ACKNOWLEDGE_NANOS) {
      acknowledge();
    }
  }

  private void take(long size) throws IOException {
    long wanted = size;
    while (wanted > 0) {
      if (next == end) {
        fill();
      }
      int count = (int) Math.min(wanted, end - next);
      if (count > text.length - length) {
        text = Arrays.copyOf(text, Math.max(text.length * 2, length + count));
      }
      System.arraycopy(input, next, text, length, count);
      length += count;
      next += count;
      wanted -= count;
    }
    scanned = scanner.scan(text, scanned, length);
  }

  private void findPosition(int from) throws IOException {
    int to = Math.min(length, from + NEAR);
    for (int at = from; at <= to - POSITION.length; at++) {
      if (Arrays.equals(text, at, at + POSITION.length, POSITION, 0, POSITION.length)) {
        long found = lsn(at + POSITION.length);
        if (Long.compareUnsigned(found, position) < 0) {
          throw new IOException("A position came too late: " + Long.toHexString(found));
        }
        position = found;
        return;
      }
    }
  }

  private long lsn(int from) {
    long high = 0;
    long low = 0;
    for (int at = from; text[at] != '"'; at++) {
      if (text[at] == '/') {
        high = low;
        low = 0;
      } else {
        low = low << 4 | Character.digit(text[at], 16);
      }
    }
    return high << 32 | low;
  }

  private void acknowledge() throws IOException {
    acknowledgedAt = System.nanoTime();
    String lsn =
        Long.toHexString(position >>> 32) + "/" + Long.toHexString(position & 0xFFFF_FFFFL);
    send(1, ascii("{\"lsn\":\"" + lsn + "\"}"));
  }

  private void control(int opcode, int size) throws IOException {
    byte[] payload = new byte[size];
    for (int i = 0; i < size; i++) {
      payload[i] = (byte) read();
    }
    if (opcode == 8) {
      throw new IOException("closed: " + new String(payload, 2, size - 2, StandardCharsets.UTF_8));
    }
    if (opcode == 9) {
      send(10, payload);
    }
  }

  /** Masked with zeros. */
  private void send(int opcode, byte[] payload) throws IOException {
    byte[] frame = new byte[6 + payload.length];
    frame[0] = (byte) (0x80 | opcode);
    frame[1] = (byte) (0x80 | payload.length);
    System.arraycopy(payload, 0, frame, 6, payload.length);
    socket.getOutputStream().write(frame);
  }

  private long number(int bytesOfIt) throws IOException {
    long value = 0;
    for (int i = 0; i < bytesOfIt; i++) {
      value = value << 8 | read();
    }
    return value;
  }

  private int read() throws IOException {
    if (next == end) {
      fill();
    }
    return input[next++] & 0xFF;
  }

  private void fill() throws IOException {
    next = 0;
    end = in.read(input);
    if (end < 0) {
      throw new EOFException("The server closed the connection");
    }
  }

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
