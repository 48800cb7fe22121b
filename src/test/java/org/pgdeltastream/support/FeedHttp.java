package org.pgdeltastream.support;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** One GET on a connection of its own, whose answer is read line by line as it comes. */
public final class FeedHttp implements Closeable {
  private static final int DEADLINE_MILLIS = 90_000;

  private final Socket socket;
  private final InputStream in;
  private int status;
  private long got;
  private boolean chunked;
  private boolean ended; // the last chunk has come
  private long left; // of the chunk, or of the body

  private FeedHttp(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new BufferedInputStream(socket.getInputStream());
  }

  /**
   * Asks, and reads the answer's head.
   *
   * @param receiveBuffer how little its system takes before the server must wait; 0: as usual
   */
  public static FeedHttp get(int port, String path, int receiveBuffer, String... headers)
      throws IOException {
    Socket socket = new Socket();
    try {
      if (receiveBuffer > 0) {
        socket.setReceiveBufferSize(receiveBuffer);
      }
      socket.setSoTimeout(DEADLINE_MILLIS);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      String request =
          "GET %s HTTP/1.1\r\nHost: localhost:%d\r\nConnection: close\r\n%s\r\n\r\n"
              .formatted(path, port, String.join("\r\n", headers));
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      FeedHttp answer = new FeedHttp(socket);
      answer.readHead();
      return answer;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private void readHead() throws IOException {
    String first = rawLine();
    if (!first.startsWith("HTTP/1.1 ")) {
      throw new IOException("Not an answer: " + first);
    }
    status = Integer.parseInt(first.substring(9, 12));
    left = Long.MAX_VALUE;
    for (String line = rawLine(); !line.isEmpty(); line = rawLine()) {
      String header = line.toLowerCase(Locale.ROOT);
      if (header.startsWith("content-length:")) {
        left = Long.parseLong(header.substring(15).strip());
      } else if (header.equals("transfer-encoding: chunked")) {
        chunked = true;
      }
    }
    if (chunked) {
      left = chunkSize();
    }
  }

  public int status() {
    return status;
  }

  /** The next line of the body without its end; what follows the last one is a line too. */
  public String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream(256);
    int next = read();
    if (next < 0) {
      throw new EOFException("The answer has ended");
    }
    while (next >= 0 && next != '\n') {
      line.write(next);
      next = read();
    }
    return line.toString(StandardCharsets.UTF_8);
  }

  /** -1 where the body ends as it should. */
  private int read() throws IOException {
    if (left == 0 && chunked && !ended) {
      rawLine(); // the end of the chunk
      left = chunkSize();
    }
    if (left == 0) {
      return -1;
    }
    int next = in.read();
    if (next < 0) {
      throw new EOFException("The connection ended inside an answer");
    }
    left--;
    got++;
    return next;
  }

  private long chunkSize() throws IOException {
    long size = Long.parseLong(rawLine(), 16);
    ended = size == 0;
    return size;
  }

  private String rawLine() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new EOFException("The connection ended");
      }
      if (next != '\r') {
        line.append((char) next);
      }
    }
    return line.toString();
  }

  /** What has come so far. */
  @Override
  public String toString() {
    return "status " + status + ", " + got + " bytes, " + left + " left, ended " + ended;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
