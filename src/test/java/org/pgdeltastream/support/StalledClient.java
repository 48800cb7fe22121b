package org.pgdeltastream.support;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** A websocket client that opens a stream and then reads nothing. */
public final class StalledClient {
  private StalledClient() {}

  /** Asks for the stream at this {@code ws://} address; the caller closes the socket. */
  public static Socket connect(String url) throws IOException {
    URI uri = URI.create(url);
    Socket socket = new Socket();
    socket.setReceiveBufferSize(4096);
    socket.connect(new InetSocketAddress(InetAddress.getByName(uri.getHost()), uri.getPort()));
    String request =
        "GET %s?%s HTTP/1.1\r\nHost: localhost:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                .formatted(uri.getPath(), uri.getQuery(), uri.getPort())
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    return socket;
  }
}
