package org.pgdeltastream.support;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** A client of server-sent events that keeps whole events; each wait has a deadline. */
public final class EventsClient implements AutoCloseable {
  /** An event as it was sent; what it lacks is empty. */
  public record Event(String name, String id, String data) {}

  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final long LOOK_MILLIS = 100;
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final AtomicInteger comments = new AtomicInteger();
  private final AtomicInteger retryMillis = new AtomicInteger();
  private final Consumer<Event> check;
  private final HttpResponse<InputStream> answer;
  private volatile String cut = "";

  /** Connects, and reads from then on. */
  public EventsClient(String url, String... headers) throws Exception {
    this(HTTP, event -> {}, url, headers);
  }

  /** The same by a client that trusts the server. */
  public EventsClient(HttpClient http, String url, String... headers) throws Exception {
    this(http, event -> {}, url, headers);
  }

  /**
   * The same.
   *
   * @param check is given each event that is asked for, and refuses it by throwing
   */
  EventsClient(Consumer<Event> check, String url, String... headers) throws Exception {
    this(HTTP, check, url, headers);
  }

  private EventsClient(HttpClient http, Consumer<Event> check, String url, String... headers)
      throws Exception {
    this.check = check;
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url)).header("Accept", "text/event-stream");
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    answer =
        http.send(request.timeout(DEADLINE).build(), HttpResponse.BodyHandlers.ofInputStream());
    if (answer.statusCode() == 200) {
      Thread reader = new Thread(this::read, "events");
      reader.setDaemon(true);
      reader.start();
    }
  }

  public int status() {
    return answer.statusCode();
  }

  public HttpHeaders headers() {
    return answer.headers();
  }

  private void read() {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
      Event event = new Event("", "", "");
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.isEmpty()) {
          event = with(event, line);
        } else if (!event.equals(new Event("", "", ""))) {
          events.add(event);
          event = new Event("", "", "");
        }
      }
    } catch (IOException e) {
      cut = e + ", " + e.getCause();
    } finally {
      ended.countDown();
    }
  }

  private Event with(Event event, String line) {
    int colon = line.indexOf(':');
    String value = line.substring(colon + 1).stripLeading();
    return switch (line.substring(0, colon)) {
      case "" -> {
        comments.incrementAndGet();
        yield event;
      }
      case "retry" -> {
        retryMillis.set(Integer.parseInt(value));
        yield event;
      }
      case "event" -> new Event(value, event.id(), event.data());
      case "id" -> new Event(event.name(), value, event.data());
      case "data" -> new Event(event.name(), event.id(), event.data() + value);
      default -> throw new AssertionError("Not a line of an event: " + line);
    };
  }

  /** The next event. */
  public Event next() throws InterruptedException {
    long deadline = System.nanoTime() + DEADLINE.toNanos();
    Event event = events.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
    while (event == null) {
      if (ended.getCount() == 0 && events.isEmpty()) {
        throw new AssertionError("No event came: the server ended the stream " + cut);
      }
      if (System.nanoTime() > deadline) {
        throw new AssertionError("No event came within " + DEADLINE);
      }
      event = events.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }
    check.accept(event);
    return event;
  }

  /** The next event of this name; others are passed over, but for the last. */
  public Event next(String name) throws InterruptedException {
    Event event = next();
    while (!event.name().equals(name)) {
      if (event.name().equals("bye") || event.name().equals("must-refetch")) {
        throw new AssertionError("No " + name + " came, but " + event);
      }
      event = next();
    }
    return event;
  }

  /** The next event that holds a change; others are passed over. */
  public Event nextWithChange() throws InterruptedException {
    Event event = next("");
    while (event.data().isEmpty() || event.data().endsWith("\"change\":[]}")) {
      event = next("");
    }
    return event;
  }

  /** How many comments came. */
  public int comments() {
    return comments.get();
  }

  /** What the server last said of the time before the next attempt. */
  public int retryMillis() {
    return retryMillis.get();
  }

  /** The server ends the stream. */
  public void awaitEnd() throws InterruptedException {
    if (!ended.await(DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("The stream did not end within " + DEADLINE);
    }
  }

  @Override
  public void close() throws IOException {
    answer.body().close();
  }
}
