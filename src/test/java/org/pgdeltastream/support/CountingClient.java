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
 * Counts the rows of one huge transaction without keeping it: their first values, of a column id,
 * must be the numbers from {@code first} on, each once and in order.
 */
public final class CountingClient implements WebSocket.Listener {
  private static final String VALUES = "\"columnvalues\":[";
  private static final String VALUE =
      "\"columns\":[{\"name\":\"id\",\"type\":\"integer\",\"value\":";
  private static final String END = "{\"action\":\"C\"";

  /** What came: rows, and characters of JSON. */
  public record Counted(int rows, long characters) {}

  private final CompletableFuture<Counted> counted = new CompletableFuture<>();
  private final String key;
  private final String end;
  private final int first;
  private long characters;
  private String rest = "";
  private int next;

  private CountingClient(String key, String end, int first) {
    this.key = key;
    this.end = end;
    this.first = first;
    this.next = first;
  }

  /** What the first transaction with rows has, in either format. */
  public static Counted count(String url, int first, Duration deadline) throws Exception {
    CountingClient client =
        url.contains("format=2")
            ? new CountingClient(VALUE, END, first)
            : new CountingClient(VALUES, "", first);
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
    characters += part.length();
    String text = rest + part;
    int read = 0;
    int at = text.indexOf(key);
    while (at >= 0) {
      int comma = text.indexOf(end.isEmpty() ? ',' : '}', at + key.length());
      if (comma < 0) {
        break;
      }
      int value = Integer.parseInt(text.substring(at + key.length(), comma));
      if (value != next) {
        counted.completeExceptionally(new AssertionError("want " + next + ", got " + value));
      }
      next++;
      read = comma;
      at = text.indexOf(key, comma);
    }
    rest = text.substring(at >= 0 ? at : Math.max(read, text.length() - key.length()));
    if (last && next > first && text.contains(end)) {
      counted.complete(new Counted(next - first, characters));
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
