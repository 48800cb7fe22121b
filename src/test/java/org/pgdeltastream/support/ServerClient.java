package org.pgdeltastream.support;

import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.InputStream;
import java.io.StringReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocketHandshakeException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A client of a running server, of which it knows the address alone. */
public final class ServerClient {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private static final Pattern NEXT_LSN = Pattern.compile("\"nextlsn\":\"([^\"]+)\"");

  private final String base;
  private final String[] always;
  private final boolean described;

  /**
   * A client of the application at this address.
   *
   * @param base such as {@code http://127.0.0.1:12312}, with the context path, without {@code /v1}
   * @param headers names and values that every call carries
   */
  public ServerClient(String base, String... headers) {
    this(base, false, headers);
  }

  private ServerClient(String base, boolean described, String... headers) {
    this.base = base;
    this.described = described;
    this.always = headers.clone();
  }

  /** The same, which refuses every answer and message that is not as the descriptions say. */
  public ServerClient described() {
    return new ServerClient(base, true, always);
  }

  public HttpResponse<String> get(String path, String... headers) throws Exception {
    return send(path, request(path, headers));
  }

  public HttpResponse<String> post(String path, String contentType, String body) throws Exception {
    return send(
        path,
        request(path, "Content-Type", contentType).POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  public HttpResponse<String> put(String path, String body) throws Exception {
    return send(
        path,
        request(path, "Content-Type", "application/json")
            .PUT(HttpRequest.BodyPublishers.ofString(body)));
  }

  public HttpResponse<String> delete(String path) throws Exception {
    return send(path, request(path).DELETE());
  }

  /** A body that is to be read bit by bit; the caller closes it. */
  public InputStream open(String path) throws Exception {
    return HTTP.send(request(path).build(), HttpResponse.BodyHandlers.ofInputStream()).body();
  }

  /** Makes a slot and answers its name. */
  public String init(String query) throws Exception {
    HttpResponse<String> answer = get("/v1/init?" + query);
    if (answer.statusCode() != 200) {
      throw new AssertionError("No slot was made: " + answer.body());
    }
    return object(answer.body()).getString("slotName");
  }

  public String streamUrl(String slot) {
    return socketUrl(streamPath(slot));
  }

  private static String streamPath(String slot) {
    return "/v1/lr/stream?slotName=" + slot;
  }

  /** A websocket on any path. */
  public StreamClient socket(String path, String... headers) {
    return new StreamClient(
        described ? message -> Descriptions.message(path, message) : message -> {},
        socketUrl(path),
        with(headers));
  }

  public String socketUrl(String path) {
    return base.replaceFirst("^http", "ws") + path;
  }

  /** Server-sent events from any path. */
  public EventsClient events(String path, String... headers) throws Exception {
    return new EventsClient(
        described ? event -> Descriptions.event(event.name(), event.data()) : event -> {},
        base + path,
        with(headers));
  }

  public StreamClient stream(String slot, String... headers) {
    return socket(streamPath(slot), headers);
  }

  /** What answers the handshake: 101 if nothing refuses it. */
  public int handshakeStatus(String slot, String... headers) {
    return socketStatus(streamPath(slot), headers);
  }

  /** The same for any path. */
  public int socketStatus(String path, String... headers) {
    try {
      socket(path, headers).close();
      return 101;
    } catch (CompletionException e) {
      return refusal(e).statusCode();
    }
  }

  /** The answer that refused a handshake; another failure is thrown again. */
  public static HttpResponse<?> refusal(CompletionException failure) {
    if (failure.getCause() instanceof WebSocketHandshakeException refused) {
      return refused.getResponse();
    }
    throw failure;
  }

  /** The position that acknowledges a message. */
  public static String nextLsn(String message) {
    Matcher found = NEXT_LSN.matcher(message);
    if (!found.find()) {
      throw new AssertionError("Without a position: " + message);
    }
    return found.group(1);
  }

  public static JsonObject object(String json) {
    try (JsonReader reader = Json.createReader(new StringReader(json))) {
      return reader.readObject();
    }
  }

  public static JsonArray array(String json) {
    try (JsonReader reader = Json.createReader(new StringReader(json))) {
      return reader.readArray();
    }
  }

  private HttpRequest.Builder request(String path, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + path)).timeout(Duration.ofSeconds(30));
    String[] all = with(headers);
    return all.length == 0 ? request : request.headers(all);
  }

  private String[] with(String... headers) {
    return Stream.concat(Stream.of(always), Stream.of(headers)).toArray(String[]::new);
  }

  private HttpResponse<String> send(String path, HttpRequest.Builder builder) throws Exception {
    HttpRequest request = builder.build();
    HttpResponse<String> answer = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    if (described) {
      String type = answer.headers().firstValue("Content-Type").orElse("");
      Descriptions.answer(request.method(), path, answer.statusCode(), type, answer.body());
    }
    return answer;
  }
}
