package org.pgdeltastream.support;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Counts the rows of one huge message without keeping it: their first values must be the numbers
 * from {@code first} on, each once and in order.
 */
public final class CountingClient implements WebSocket.Listener {
  private static final String VALUES = "\"columnvalues\":[";

  private final CompletableFuture<Integer> counted = new CompletableFuture<>();
  private final int first;
  private String rest = "";
  private int next;

  private CountingClient(int first) {
    this.first = first;
    this.next = first;
  }

  /** How many rows the first message with rows has. */
  public static int count(String url, int first, Duration deadline) throws Exception {
    CountingClient client = new CountingClient(first);
    WebSocket socket =
        HttpClient.newHttpClient().newWebSocketBuilder().buildAsync(URI.create(url), client).join();
    try {
      return client.counted.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
    } finally {
      socket.abort();
    }
  }

  @Override
  public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
    String text = rest + part;
    int read = 0;
    int at = text.indexOf(VALUES);
    while (at >= 0) {
      int end = text.indexOf(',', at + VALUES.length());
      if (end < 0) {
        break;
      }
      int value = Integer.parseInt(text.substring(at + VALUES.length(), end));
      if (value != next) {
        counted.completeExceptionally(new AssertionError("want " + next + ", got " + value));
      }
      next++;
      read = end;
      at = text.indexOf(VALUES, end);
    }
    rest = text.substring(at >= 0 ? at : Math.max(read, text.length() - VALUES.length()));
    if (last && next > first) {
      counted.complete(next - first);
    }
    from.request(1);
    return null;
  }

  @Override
  public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
    counted.completeExceptionally(new AssertionError("closed " + code + " " + reason));
    return null;
  }

  @Override
  public void onError(WebSocket from, Throwable error) {
    counted.completeExceptionally(error);
  }
}
