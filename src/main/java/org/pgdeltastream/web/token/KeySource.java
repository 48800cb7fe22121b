package org.pgdeltastream.web.token;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Where an issuer's keys are read from, as JSON of RFC 7517. */
interface KeySource {
  /** More than any issuer's. */
  int MOST_BYTES = 256 << 10;

  /** The bytes; fails if they do not come, or are too many. Never blocks for long. */
  CompletableFuture<byte[]> read();

  /** How long they count as new. */
  Duration fresh();

  /** How long after the begin of one reading another may begin. */
  Duration gap();

  /** Whether they may be secrets: nobody else reads them. */
  boolean isPrivate();

  /**
   * The source at an address that was checked.
   *
   * @param address {@code https:}, {@code http:} or {@code file:}
   */
  static KeySource of(URI address) {
    return "file".equals(address.getScheme()) ? new InFile(Path.of(address)) : new Remote(address);
  }

  /** A file; who changes it waits for a moment only. */
  record InFile(Path file) implements KeySource {
    @Override
    public CompletableFuture<byte[]> read() {
      try (InputStream from = Files.newInputStream(file)) {
        byte[] bytes = from.readNBytes(MOST_BYTES + 1);
        return bytes.length > MOST_BYTES
            ? CompletableFuture.failedFuture(new IOException("it is too large"))
            : CompletableFuture.completedFuture(bytes);
      } catch (IOException e) {
        return CompletableFuture.failedFuture(e);
      }
    }

    @Override
    public Duration fresh() {
      return Duration.ofSeconds(2);
    }

    @Override
    public Duration gap() {
      return fresh();
    }

    @Override
    public boolean isPrivate() {
      return true;
    }
  }

  /** A server, asked in the JDK's threads. Redirections are not followed. */
  final class Remote implements KeySource {
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private final HttpClient client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(LIMIT)
            .build();
    private final HttpRequest request;

    Remote(URI address) {
      request =
          HttpRequest.newBuilder(address)
              .timeout(LIMIT)
              .header("Accept", "application/jwk-set+json, application/json")
              .build();
    }

    @Override
    public CompletableFuture<byte[]> read() {
      CompletableFuture<HttpResponse<byte[]>> answer =
          client.sendAsync(request, head -> new BoundedBody(MOST_BYTES));
      return answer
          .copy()
          .orTimeout(LIMIT.toMillis(), TimeUnit.MILLISECONDS)
          .whenComplete((whole, late) -> answer.cancel(true))
          .thenCompose(Remote::body);
    }

    private static CompletableFuture<byte[]> body(HttpResponse<byte[]> answer) {
      return answer.statusCode() == 200
          ? CompletableFuture.completedFuture(answer.body())
          : CompletableFuture.failedFuture(
              new IOException("it answers with status " + answer.statusCode()));
    }

    @Override
    public Duration fresh() {
      return Duration.ofMinutes(5);
    }

    @Override
    public Duration gap() {
      return Duration.ofSeconds(10);
    }

    @Override
    public boolean isPrivate() {
      return false;
    }
  }
}
