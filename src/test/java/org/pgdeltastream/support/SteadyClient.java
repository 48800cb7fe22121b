package org.pgdeltastream.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A good client, of a table {@code steady (id, sent)} into which a row is written each 100 ms: each
 * row must come once, in order and soon.
 */
public final class SteadyClient implements WebSocket.Listener, AutoCloseable {
  private static final Pattern ROW = Pattern.compile("\"columnvalues\":\\[(\\d+),(\\d+)");
  private static final int EACH_MILLIS = 100;

  /** Of 99 in 100; where the machine has nothing else to do it is below a second. */
  private static final Duration MOST =
      Duration.ofMillis(Integer.getInteger("pgdelta.test.p99", 8_000));

  private final ScheduledExecutorService writer = Executors.newSingleThreadScheduledExecutor();
  private final StringBuilder open = new StringBuilder();
  private final List<Duration> latencies = Collections.synchronizedList(new ArrayList<>());
  private final Connection connection;
  private final WebSocket socket;
  private volatile String fault = "";
  private volatile int written;
  private int next = 1;

  public SteadyClient(Sql database, String url) throws SQLException {
    connection = database.connect();
    socket =
        HttpClient.newHttpClient().newWebSocketBuilder().buildAsync(URI.create(url), this).join();
    var unused =
        writer.scheduleAtFixedRate(this::write, EACH_MILLIS, EACH_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void write() {
    int id = written + 1;
    try (Statement insert = connection.createStatement()) {
      insert.execute("insert into steady values (" + id + ", " + System.nanoTime() + ")");
      written = id;
    } catch (SQLException e) {
      fault = "no row could be written: " + e;
    }
  }

  @Override
  public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
    open.append(part);
    if (last) {
      Matcher row = ROW.matcher(open);
      while (row.find()) {
        if (Integer.parseInt(row.group(1)) != next) {
          fault = "want row " + next + ", got " + row.group(1);
        }
        next++;
        latencies.add(Duration.ofNanos(System.nanoTime() - Long.parseLong(row.group(2))));
      }
      open.setLength(0);
    }
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

  /** How many have come. */
  public int rows() {
    return latencies.size();
  }

  /** The median, the 99th of 100 and the greatest latency of the rows after so many, in ms. */
  public String latencies(int from) {
    List<Duration> all = List.copyOf(latencies);
    return figures(all.subList(from, all.size()));
  }

  private static String figures(List<Duration> some) {
    List<Duration> sorted = some.stream().sorted().toList();
    return "%d, %d, %d"
        .formatted(
            sorted.get(sorted.size() / 2).toMillis(),
            p99(sorted).toMillis(),
            sorted.get(sorted.size() - 1).toMillis());
  }

  private static Duration p99(List<Duration> sorted) {
    return sorted.get((int) (sorted.size() * 0.99));
  }

  /** Everything that was written has come, and in time. */
  public void check() throws InterruptedException {
    writer.shutdown();
    assertThat(writer.awaitTermination(30, TimeUnit.SECONDS)).as("the last row written").isTrue();
    await("all rows to come")
        .atMost(Duration.ofSeconds(30))
        .until(() -> latencies.size() >= written || !fault.isEmpty());
    assertThat(fault).isEmpty();
    System.out.printf("%d rows: %s ms%n", rows(), latencies(0));
    assertThat(p99(latencies.stream().sorted().toList())).isLessThan(MOST);
  }

  @Override
  public void close() throws SQLException {
    writer.shutdownNow();
    socket.abort();
    connection.close();
  }
}
