package org.pgdeltastream.support;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A websocket client that keeps whole messages; each wait has a deadline. */
public final class StreamClient implements AutoCloseable, WebSocket.Listener {
  /** How the server closed it. */
  public record Closed(int code, String reason) {}

  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final long LOOK_MILLIS = 100;
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
  private final CompletableFuture<Closed> closed = new CompletableFuture<>();
  private final StringBuilder open = new StringBuilder();
  private final Consumer<String> check;
  private final WebSocket socket;

  /** Connects; the failure of a refused handshake is a WebSocketHandshakeException's cause. */
  public StreamClient(String url, String... headers) {
    this(HTTP, message -> {}, url, headers);
  }

  /** The same by a client that trusts the server. */
  public StreamClient(HttpClient http, String url, String... headers) {
    this(http, message -> {}, url, headers);
  }

  /**
   * The same.
   *
   * @param check is given each message that is asked for, and refuses it by throwing
   */
  StreamClient(Consumer<String> check, String url, String... headers) {
    this(HTTP, check, url, headers);
  }

  private StreamClient(HttpClient http, Consumer<String> check, String url, String... headers) {
    this.check = check;
    WebSocket.Builder builder = http.newWebSocketBuilder();
    for (int i = 0; i < headers.length; i += 2) {
      if (headers[i].equals("Sec-WebSocket-Protocol")) {
        String[] names = headers[i + 1].split(", *", -1);
        builder.subprotocols(names[0], Arrays.copyOfRange(names, 1, names.length));
      } else {
        builder.header(headers[i], headers[i + 1]);
      }
    }
    socket = builder.buildAsync(URI.create(url), this).join();
  }

  @Override
  public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
    open.append(part);
    if (last) {
      messages.add(open.toString());
      open.setLength(0);
    }
    from.request(1);
    return null;
  }

  @Override
  public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
    closed.complete(new Closed(code, reason));
    return null;
  }

  @Override
  public void onError(WebSocket from, Throwable error) {
    closed.complete(new Closed(1006, String.valueOf(error)));
  }

  /** The next message. */
  public String next() throws InterruptedException {
    return next(DEADLINE);
  }

  /** The next message, where much stands before it. */
  public String next(Duration limit) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    String message = messages.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
    while (message == null) {
      Closed how = closed.getNow(null);
      if (how != null && messages.isEmpty()) {
        throw new AssertionError("No message came: the server closed with " + how);
      }
      if (System.nanoTime() > deadline) {
        throw new AssertionError("No message came within " + limit);
      }
      message = messages.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }
    check.accept(message);
    return message;
  }

  /** The next message that holds a change. */
  public String nextWithChange() throws InterruptedException {
    String message = next();
    while (message.endsWith("\"change\":[]}") || message.startsWith("{\"live\":")) {
      message = next();
    }
    return message;
  }

  public void send(String text) {
    socket.sendText(text, true).join();
  }

  public void sendBinary(byte[] bytes) {
    socket.sendBinary(ByteBuffer.wrap(bytes), true).join();
  }

  public void acknowledge(String lsn) {
    send("{\"lsn\":\"" + lsn + "\"}");
  }

  /** How the server closed it, once it did. */
  public Closed closed() throws Exception {
    return closed.get(DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    socket.abort();
  }
}
