package org.pgdeltastream.support;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A websocket client that can do everything wrong: what it sends is made by the test, what it gets
 * is shown frame by frame. Each wait has a deadline.
 */
public final class RawClient implements AutoCloseable {
  public static final int CONTINUATION = 0;
  public static final int TEXT = 1;
  public static final int BINARY = 2;
  public static final int CLOSE = 8;
  public static final int PING = 9;
  public static final int PONG = 10;

  private static final int DEADLINE_MILLIS = 60_000;
  private static final byte[] MASK = {0x11, (byte) 0xFE, 0x00, 0x42};

  /** A frame of the server's. */
  public record Frame(int opcode, boolean last, String payload) {
    /** Of a close frame; 1005 where there is none. */
    public int code() {
      return payload.isEmpty() ? 1005 : (payload.charAt(0) << 8) | payload.charAt(1);
    }
  }

  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;
  private List<String> head = List.of();
  private String body = "";

  private RawClient(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new DataInputStream(socket.getInputStream());
    this.out = socket.getOutputStream();
  }

  /** Opens a websocket as any client does. */
  public static RawClient open(String url) throws IOException {
    return open(url, 0);
  }

  /**
   * Opens a websocket.
   *
   * @param receiveBuffer how little its system takes before the server must wait; 0: as usual
   */
  public static RawClient open(String url, int receiveBuffer) throws IOException {
    RawClient client =
        handshake(
            url,
            receiveBuffer,
            "GET",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
    if (client.status() != 101) {
      throw new IOException(client.head + client.body);
    }
    return client;
  }

  /** Asks with these headers, and whatever the answer is, keeps it. */
  public static RawClient handshake(String url, int receiveBuffer, String method, String... headers)
      throws IOException {
    URI uri = URI.create(url);
    Socket socket = new Socket();
    if (receiveBuffer > 0) {
      socket.setReceiveBufferSize(receiveBuffer);
    }
    socket.setSoTimeout(DEADLINE_MILLIS);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), uri.getPort()));
    RawClient client = new RawClient(socket);
    String request =
        "%s %s?%s HTTP/1.1\r\nHost: localhost:%d\r\n%s\r\n\r\n"
            .formatted(
                method,
                uri.getPath(),
                uri.getRawQuery(),
                uri.getPort(),
                String.join("\r\n", headers));
    client.send(request.getBytes(StandardCharsets.US_ASCII));
    client.readAnswer();
    return client;
  }

  private void readAnswer() throws IOException {
    List<String> lines = new ArrayList<>();
    String line = readLine();
    while (!line.isEmpty()) {
      lines.add(line);
      line = readLine();
    }
    head = lines;
    int length = header("Content-Length").map(Integer::parseInt).findFirst().orElse(0);
    body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
  }

  private String readLine() throws IOException {
    StringBuilder line = new StringBuilder();
    int next = in.readUnsignedByte();
    while (next != '\n') {
      if (next != '\r') {
        line.append((char) next);
      }
      next = in.readUnsignedByte();
    }
    return line.toString();
  }

  public int status() {
    return Integer.parseInt(head.get(0).substring("HTTP/1.1 ".length(), "HTTP/1.1 101".length()));
  }

  /** The body of a refusal. */
  public String body() {
    return body;
  }

  /** The values of one of the answer's headers. */
  public Stream<String> header(String name) {
    return head.stream()
        .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
        .map(line -> line.substring(name.length() + 1).strip());
  }

  /** Sends bytes as they are. */
  public void send(byte... bytes) throws IOException {
    out.write(bytes);
    out.flush();
  }

  /** Sends a whole frame, masked. */
  public void send(int opcode, byte[] payload) throws IOException {
    send(frame(0x80 | opcode, payload));
  }

  /** Sends a whole frame, masked. */
  public void send(int opcode, String payload) throws IOException {
    send(opcode, payload.getBytes(StandardCharsets.UTF_8));
  }

  /** Sends a frame of which more follows, masked. */
  public void sendPart(int opcode, byte[] payload) throws IOException {
    send(frame(opcode, payload));
  }

  /** A masked frame with this first byte. */
  public static byte[] frame(int first, byte[] payload) {
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    frame.write(first);
    if (payload.length < 126) {
      frame.write(0x80 | payload.length);
    } else {
      frame.write(0x80 | 126);
      frame.write(payload.length >> 8);
      frame.write(payload.length);
    }
    frame.writeBytes(MASK);
    for (int i = 0; i < payload.length; i++) {
      frame.write(payload[i] ^ MASK[i % MASK.length]);
    }
    return frame.toByteArray();
  }

  /** The next frame; a close frame's payload keeps its bytes, as Latin-1. */
  public Frame next() throws IOException {
    int first = in.readUnsignedByte();
    int second = in.readUnsignedByte();
    if (second > 127) {
      throw new IOException("A server's frame is masked");
    }
    long length = second;
    if (second == 126) {
      length = in.readUnsignedShort();
    } else if (second == 127) {
      length = in.readLong();
    }
    byte[] payload = in.readNBytes((int) length);
    if (payload.length < length) {
      throw new EOFException("The connection ended inside a frame");
    }
    int opcode = first & 0x0F;
    return new Frame(
        opcode,
        first > 127,
        new String(
            payload, opcode == CLOSE ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8));
  }

  /** The next frame of this kind; others are passed over. */
  public Frame next(int opcode) throws IOException {
    Frame frame = next();
    while (frame.opcode() != opcode) {
      frame = next();
    }
    return frame;
  }

  /** The server ends the connection, with or without an error; what it still sends is lost. */
  public void awaitEnd() throws IOException {
    byte[] lost = new byte[8192];
    try {
      int length = in.read(lost);
      while (length >= 0) {
        length = in.read(lost);
      }
    } catch (java.net.SocketTimeoutException e) {
      throw e;
    } catch (IOException e) { // reset
      return;
    }
  }

  /** Says that nothing more will be sent. */
  public void shutdownOutput() throws IOException {
    socket.shutdownOutput();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
