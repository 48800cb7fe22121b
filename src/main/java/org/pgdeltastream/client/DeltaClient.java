package org.pgdeltastream.client;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A server of PG Delta Stream: streams, feeds and calls of it. Immutable, for any thread.
 *
 * <pre>{@code
 * DeltaClient client = DeltaClient.at("https://delta.example.org").token(() -> token());
 * }</pre>
 */
public final class DeltaClient {
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration HANDSHAKE = Duration.ofSeconds(20);
  private static final Duration ANSWER = Duration.ofSeconds(60);
  private static final int MOST_OF_AN_ERROR = 1 << 20;
  private static final int UNAUTHORIZED = 401;

  private final String base;
  private final @Nullable Supplier<String> token;
  private final HttpClient http;

  private DeltaClient(String base, @Nullable Supplier<String> token, HttpClient http) {
    this.base = base;
    this.token = token;
    this.http = http;
  }

  /**
   * A server without tokens.
   *
   * @param url where the application is: {@code http://127.0.0.1:12312}, or {@code
   *     https://example.org/delta} below a path
   */
  public static DeltaClient at(String url) {
    URI uri = URI.create(url.replaceFirst("/+$", ""));
    if (uri.getHost() == null || !List.of("http", "https").contains(uri.getScheme())) {
      throw new IllegalArgumentException(
          "A server's URL is like http://127.0.0.1:12312, not '" + url + "'");
    }
    HttpClient http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .build();
    return new DeltaClient(uri.toString(), null, http);
  }

  /**
   * The same with a token.
   *
   * @param supplier asked before each connection and call, so it may answer a new one each time;
   *     asked once more if the server refuses what it answered
   */
  public DeltaClient token(Supplier<String> supplier) {
    return new DeltaClient(base, supplier, http);
  }

  /** The same by an HTTP client of the caller's: its TLS, its proxy, its threads. */
  public DeltaClient http(HttpClient client) {
    return new DeltaClient(base, token, client);
  }

  /** A slot's stream, for this client alone. Each transaction comes until it is acknowledged. */
  public StreamBuilder slot(String slotName) {
    String path = address("lr/stream", "slotName", slotName);
    return new StreamBuilder(this, StreamBuilder.Source.SLOT, path);
  }

  /** A feed, which any number of clients follow, each at its own position. */
  public StreamBuilder feed(String feed) {
    String path = address("feeds/" + encoded(feed) + "/stream");
    return new StreamBuilder(this, StreamBuilder.Source.FEED, path);
  }

  /** Changes from now on, without a slot of yours: to look at, not to keep. */
  public StreamBuilder tail() {
    return new StreamBuilder(this, StreamBuilder.Source.TAIL, address("lr/tail"));
  }

  /**
   * Makes a slot and its snapshot.
   *
   * @return the server's answer, as JSON; its {@code consistentPoint} is where the stream begins
   * @throws DeltaException if it is refused, or nobody answers
   */
  public String init(String slotName) throws InterruptedException {
    return call("POST", "init", "slotName", slotName);
  }

  /**
   * A table's rows as they were when the slot was made. The caller closes it.
   *
   * @param table as in SQL: {@code orders}, {@code sales.orders}
   * @throws DeltaException if it is refused, or nobody answers
   */
  public Rows rows(String slotName, String table) throws InterruptedException {
    return new Rows(open("snapshot/stream", "slotName", slotName, "table", table));
  }

  /**
   * The same, of some rows only.
   *
   * @param condition like a feed's filters: {@code status=eq.open}, {@code
   *     and(status.eq.open,total.gt.100)}
   */
  public Rows rows(String slotName, String table, String condition) throws InterruptedException {
    return new Rows(
        open("snapshot/stream", "slotName", slotName, "table", table, "rows", condition));
  }

  /** Drops a slot, whoever streams it. A slot that is not there is none any more. */
  public void drop(String slotName) throws InterruptedException {
    try {
      call("DELETE", "slots/" + encoded(slotName), "force", "true");
    } catch (DeltaException e) {
      if (!e.code().equals("slot_not_found")) {
        throw e;
      }
    }
  }

  /**
   * Any call.
   *
   * @param path below {@code /v1}, such as {@code slots}
   * @param query names, each followed by its value
   * @return the answer's body
   * @throws DeltaException if it is refused, or nobody answers
   */
  public String call(String method, String path, String... query) throws InterruptedException {
    return ask(method, address(path, query), HttpResponse.BodyHandlers.ofString());
  }

  /** An answer that is read as it comes. The caller closes it. The rest as for {@link #call}. */
  public InputStream open(String path, String... query) throws InterruptedException {
    return ask("GET", address(path, query), HttpResponse.BodyHandlers.ofInputStream());
  }

  private <T> T ask(String method, String address, HttpResponse.BodyHandler<T> body)
      throws InterruptedException {
    HttpResponse<T> answer = send(method, address, body);
    if (answer.statusCode() == UNAUTHORIZED && token != null) {
      text(answer.body()); // read, so that its connection can be used again
      answer = send(method, address, body);
    }
    if (answer.statusCode() >= 300) {
      throw DeltaException.refused(answer.statusCode(), text(answer.body()), retryAfter(answer));
    }
    return answer.body();
  }

  private <T> HttpResponse<T> send(String method, String address, HttpResponse.BodyHandler<T> body)
      throws InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(address))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .timeout(ANSWER);
    if (token != null) {
      request.header("Authorization", authorization(token));
    }
    try {
      return http.send(request.build(), body);
    } catch (IOException e) {
      throw DeltaException.lost("No answer from " + base + ": " + e, e);
    }
  }

  private static String text(Object body) {
    if (!(body instanceof InputStream stream)) {
      return String.valueOf(body);
    }
    try (stream) {
      return new String(stream.readNBytes(MOST_OF_AN_ERROR), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }

  Connection connect(StreamBuilder plan, @Nullable String position) {
    WebSocket.Builder builder = http.newWebSocketBuilder().connectTimeout(HANDSHAKE);
    if (token != null) {
      builder.header("Authorization", authorization(token));
    }
    List<String> query = plan.query(position);
    String address = withQuery(plan.path, query.toArray(new String[0]));
    return Connection.open(builder, URI.create(address.replaceFirst("^http", "ws")), plan.largest);
  }

  private static String authorization(Supplier<String> token) {
    String text;
    try {
      text = token.get();
    } catch (RuntimeException e) {
      throw DeltaException.lost("No token was given: " + e, e);
    }
    if (!text.matches("[!-~]+")) {
      throw DeltaException.ofCaller(
          "token", "The token is empty, or has a letter that no header can carry", null);
    }
    return "Bearer " + text;
  }

  private String address(String path, String... query) {
    return withQuery(base + "/v1/" + path, query);
  }

  private static String withQuery(String address, String... query) {
    List<String> pairs = new ArrayList<>();
    for (int i = 0; i < query.length; i += 2) {
      pairs.add(encoded(query[i]) + "=" + encoded(query[i + 1]));
    }
    String more = address.contains("?") ? "&" : "?";
    return pairs.isEmpty() ? address : address + more + String.join("&", pairs);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** Seconds that the server asks for; 0 if it does not, or names a date. */
  static long retryAfter(HttpResponse<?> answer) {
    return answer
        .headers()
        .firstValue("Retry-After")
        .filter(text -> text.matches("\\d{1,9}"))
        .map(Long::parseLong)
        .orElse(0L);
  }
}
