package org.pgdeltastream.support;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Counts rows of large messages without keeping these: their ids must be 1, 2, 3 and so on. */
public final class RowsClient implements WebSocket.Listener, AutoCloseable {
  private static final String VALUES = "\"columnvalues\":[";
  private static final int LONGEST = VALUES.length() + 12;

  private final WebSocket socket;
  private String tail = "";
  private volatile int rows;
  private volatile @Nullable String fault;

  public RowsClient(String url) {
    socket =
        HttpClient.newHttpClient().newWebSocketBuilder().buildAsync(URI.create(url), this).join();
  }

  /** How many have come. */
  public int rows() {
    return rows;
  }

  /** What went wrong. */
  public Optional<String> fault() {
    return Optional.ofNullable(fault);
  }

  @Override
  public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
    String text = tail + part;
    int from0 = 0;
    for (int at = text.indexOf(VALUES); at >= 0; at = text.indexOf(VALUES, from0)) {
      int comma = text.indexOf(',', at + VALUES.length());
      if (comma < 0) {
        break;
      }
      int id = Integer.parseInt(text.substring(at + VALUES.length(), comma));
      if (id != rows + 1) {
        fault = "want row " + (rows + 1) + ", got " + id;
      }
      rows = id;
      from0 = comma;
    }
    tail = last ? "" : text.substring(Math.max(from0, text.length() - LONGEST));
    from.request(1);
    return null;
  }

  @Override
  public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
    fault = "closed with " + code + " " + reason;
    return null;
  }

  @Override
  public void onError(WebSocket from, Throwable error) {
    fault = "lost: " + error;
  }

  @Override
  public void close() {
    socket.abort();
  }
}
