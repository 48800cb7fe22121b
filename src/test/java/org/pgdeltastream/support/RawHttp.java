package org.pgdeltastream.support;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * Sends what no HTTP library would, byte for byte, and reads the answer to the connection's end.
 */
public final class RawHttp {
  private static final int DEADLINE_MILLIS = 60_000;

  private final int port;

  public RawHttp(int port) {
    this.port = port;
  }

  /** What came: its head in lines, and all that followed. */
  public record Answer(int status, String head, String body) {
    public Optional<String> header(String name) {
      String start = name.toLowerCase(Locale.ROOT) + ":";
      return Arrays.stream(head.split("\r\n"))
          .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(start))
          .map(line -> line.substring(start.length()).strip())
          .findFirst();
    }
  }

  /** Sends the text as Latin-1 and says that nothing follows; the request should end with close. */
  public Answer send(String request) throws IOException {
    return send(request.getBytes(ISO_8859_1));
  }

  public Answer send(byte[] request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(DEADLINE_MILLIS);
      try {
        socket.getOutputStream().write(request);
        socket.shutdownOutput();
      } catch (IOException e) { // the server has answered and closed before it read all
        return answer("");
      }
      return answer(read(socket));
    }
  }

  private static String read(Socket socket) throws IOException {
    StringBuilder all = new StringBuilder();
    byte[] bytes = new byte[8192];
    try {
      for (int n = socket.getInputStream().read(bytes); n >= 0; ) {
        all.append(new String(bytes, 0, n, ISO_8859_1));
        n = socket.getInputStream().read(bytes);
      }
    } catch (java.net.SocketTimeoutException e) {
      throw e;
    } catch (IOException e) { // reset after the answer
      return all.toString();
    }
    return all.toString();
  }

  private static Answer answer(String all) {
    int end = all.indexOf("\r\n\r\n");
    return end < 0
        ? new Answer(0, all, "")
        : new Answer(
            Integer.parseInt(all.substring(9, 12)), all.substring(0, end), all.substring(end + 4));
  }
}
