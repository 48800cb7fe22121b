package org.pgdeltastream.client;

import java.net.URI;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One websocket, from its handshake to its end. It holds one message at most: the next is asked for
 * when that was taken, so that a slow program slows down the server, and that PostgreSQL. One
 * thread takes; the HTTP client's threads put.
 */
final class Connection implements WebSocket.Listener {
  /** A message, or the end. */
  sealed interface Event {}

  record Text(String text) implements Event {}

  record End(DeltaException why) implements Event {}

  private static final long LOOK = TimeUnit.SECONDS.toNanos(5);
  private static final long QUIET = TimeUnit.SECONDS.toNanos(15); // then it is pinged
  private static final long SILENT = TimeUnit.SECONDS.toNanos(15); // after a ping
  private static final long GOODBYE_MILLIS = 1000;

  private final int largest;
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private final StringBuilder message = new StringBuilder();
  private volatile @Nullable WebSocket socket;
  private final Acknowledgements acknowledgements = new Acknowledgements();
  private volatile boolean isLeaving;
  private volatile long heardAt = System.nanoTime();
  private long pingedAt = heardAt;

  private Connection(int largest) {
    this.largest = largest;
  }

  /** Begins to connect; how that ends is an event. */
  static Connection open(WebSocket.Builder builder, URI address, int largest) {
    Connection connection = new Connection(largest);
    var unused =
        builder
            .buildAsync(address, connection)
            .whenComplete(
                (socket, failure) -> {
                  if (failure != null) {
                    connection.end(refusal(address, failure));
                  }
                });
    return connection;
  }

  private static DeltaException refusal(URI address, Throwable failure) {
    Throwable cause = failure instanceof CompletionException e ? e.getCause() : failure;
    if (cause instanceof WebSocketHandshakeException handshake) {
      HttpResponse<?> answer = handshake.getResponse();
      String body = answer.body() == null ? "" : answer.body().toString();
      return DeltaException.refused(answer.statusCode(), body, DeltaClient.retryAfter(answer));
    }
    return DeltaException.lost("No connection to " + address.getAuthority() + ": " + cause, cause);
  }

  /**
   * The next event; nothing if none comes in time. A connection that is silent is ended.
   *
   * @param nanos how long to wait
   */
  @Nullable Event take(long nanos) throws InterruptedException {
    long deadline = System.nanoTime() + nanos;
    long left = nanos;
    do {
      Event event = events.poll(Math.min(left, LOOK), TimeUnit.NANOSECONDS);
      WebSocket open = socket;
      if (event instanceof Text && open != null) {
        heardAt = System.nanoTime(); // before, nothing was asked for
        open.request(1);
      }
      if (event != null) {
        return event;
      }
      if (open != null) {
        checkThatItLives(open, System.nanoTime());
      }
      left = deadline - System.nanoTime();
    } while (left > 0);
    return null;
  }

  private void checkThatItLives(WebSocket open, long now) {
    boolean isPinged = pingedAt - heardAt > 0;
    if (isPinged && now - pingedAt > SILENT) {
      open.abort();
      end(DeltaException.lost("The server does not answer", null));
    } else if (!isPinged && now - heardAt > QUIET) {
      pingedAt = now;
      var unused = open.sendPing(ByteBuffer.allocate(0));
    }
  }

  /** Everything up to this LSN is done. */
  void acknowledge(String lsn) {
    acknowledgements.add(lsn);
  }

  /** Says goodbye, after the last acknowledgement; cuts off a server that does not answer. */
  void close() {
    isLeaving = true;
    WebSocket open = socket;
    events.add(new End(DeltaException.lost("Closed by this client", null)));
    if (open == null) {
      return;
    }
    open.request(Long.MAX_VALUE); // what comes now is passed over, up to the server's goodbye
    acknowledgements
        .sendNow()
        .thenCompose(sent -> acknowledgements.sendNow()) // added while one was under way
        .thenCompose(sent -> open.sendClose(WebSocket.NORMAL_CLOSURE, ""))
        .thenCompose(sent -> closed)
        .orTimeout(GOODBYE_MILLIS, TimeUnit.MILLISECONDS)
        .handle((done, problem) -> 0)
        .join();
    open.abort();
  }

  private void end(DeltaException why) {
    events.clear(); // what nobody took comes again
    events.add(new End(why));
    closed.complete(null);
  }

  @Override
  public void onOpen(WebSocket open) {
    heardAt = System.nanoTime();
    socket = open;
    if (isLeaving) {
      open.abort();
      return;
    }
    acknowledgements.opened(open);
    open.request(1);
  }

  @Override
  public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
    heardAt = System.nanoTime();
    if (isLeaving) {
      return null;
    }
    if (message.length() + part.length() > largest) {
      from.abort();
      end(tooLarge());
      return null;
    }
    message.append(part);
    if (last) {
      events.add(new Text(message.toString()));
      message.setLength(0);
      message.trimToSize();
    } else {
      from.request(1);
    }
    return null;
  }

  private DeltaException tooLarge() {
    return DeltaException.ofCaller(
        "message_too_large",
        "A message has more than %,d characters: allow more (largestMessage, -Xmx), or ask for"
                .formatted(largest)
            + " pieces of it (max-message, format=2)",
        null);
  }

  @Override
  public @Nullable CompletionStage<?> onPing(WebSocket from, ByteBuffer payload) {
    return heard(from);
  }

  @Override
  public @Nullable CompletionStage<?> onPong(WebSocket from, ByteBuffer payload) {
    return heard(from);
  }

  private @Nullable CompletionStage<?> heard(WebSocket from) {
    heardAt = System.nanoTime();
    from.request(1);
    return null;
  }

  @Override
  public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
    end(DeltaException.closed(code, reason));
    return null;
  }

  @Override
  public void onError(WebSocket from, Throwable problem) {
    end(DeltaException.lost("The connection is lost: " + problem, problem));
  }
}
