package org.pgdeltastream.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.support.EventsClient;
import org.pgdeltastream.support.Promtool;
import org.pgdeltastream.support.StreamClient;

/** What /v1/metrics counts of real streams and feeds, to the last change; and promtool's word. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class MonitoringIT extends StoryServer {
  private static final Path FILES = Path.of("server-config/monitoring");
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final String OPEN_METRICS = "application/openmetrics-text; version=1.0.0";
  private static final int SCRAPES = 200;

  MonitoringIT() {
    super("upgrade");
  }

  @AfterEach
  void dropFeed() throws Exception {
    delete("/v1/feeds/main?force=true");
  }

  @Test
  void countsEachChangeOfAStreamOnceAlsoAfterBreaks() throws Exception {
    String slot = init();
    Map<String, Double> before = samples();
    double length;
    try (StreamClient client = stream(slot)) {
      String first = change(client, "insert into test_table values (3, 'three'), (4, 'four')");
      String second =
          change(
              client,
              "update test_table set name = 'x' where id = 3; delete from test_table where id = 4");
      length = first.length();
      length += second.length();
      awaitSample(of("stream_transactions_sent_total", slot), 2);
      client.acknowledge(nextLsn(second));
      awaitSample(of("stream_acknowledgements_total", "outcome=\"taken\"," + label(slot)), 1);
      awaitSample(of("stream_unacknowledged_transactions", slot), 0);

      String third = change(client, "insert into test_table values (5, 'five')");
      length += third.length();
      database()
          .execute(
              "select pg_terminate_backend(active_pid) from pg_replication_slots where active");
      awaitSample(of("stream_reconnects_total", slot), 1);
      length += change(client, "truncate test_table").length();
    }
    String left = of("stream_closes_total", "code=\"none\",reason=\"client\"");
    awaitSample(left, before.getOrDefault(left, 0.0) + 1);
    try (StreamClient again = stream(slot)) {
      length += again.nextWithChange().length(); // the third, not acknowledged
      length += again.nextWithChange().length();
      awaitSample(of("stream_transactions_sent_total", slot), 6);
    }
    Map<String, Double> samples = samples();
    assertThat(samples)
        .containsEntry(changes("insert", slot), 4.0)
        .containsEntry(changes("update", slot), 1.0)
        .containsEntry(changes("delete", slot), 1.0)
        .containsEntry(changes("truncate", slot), 2.0)
        .containsEntry(of("stream_starts_total", slot), 2.0)
        .containsEntry(of("stream_commit_delay_seconds_count", slot), 6.0)
        .containsEntry(of("stream_acknowledgement_delay_seconds_count", slot), 1.0)
        .containsEntry(of("upstream_up", ""), 1.0);
    assertThat(samples.get(of("stream_sent_bytes_total", slot)))
        .as("idle slots' empty transactions besides")
        .isGreaterThanOrEqualTo(length);
    assertThat(samples.get(of("stream_busy_seconds_total", "phase=\"wait\"," + label(slot))))
        .isPositive();
  }

  @Test
  void countsWhatFiltersLeaveOut() throws Exception {
    String slot = init();
    try (StreamClient client = stream(slot + "&actions=insert")) {
      database().execute("delete from test_table");
      assertThat(change(client, "insert into test_table values (9, 'nine')")).contains("nine");
      awaitSample(of("stream_transactions_sent_total", slot), 1);
    }
    assertThat(samples())
        .containsEntry(of("stream_changes_filtered_total", slot), 2.0)
        .containsEntry(changes("delete", slot), 0.0)
        .containsEntry(changes("insert", slot), 1.0);
  }

  @Test
  void countsAFeedsSubscribersByTransport() throws Exception {
    assertThat(put("/v1/feeds/main").statusCode()).isEqualTo(201);
    String feed = "feed=\"main\"";
    try (StreamClient stays = socket("/v1/feeds/main/stream");
        EventsClient events = events("/v1/feeds/main/stream")) {
      assertThat(events.status()).isEqualTo(200);
      try (StreamClient goes = socket("/v1/feeds/main/stream")) {
        awaitSample(of("feed_subscribers", feed + ",transport=\"websocket\""), 2);
        awaitSample(of("feed_subscribers", feed + ",transport=\"events\""), 1);
        database().execute("insert into test_table values (7, 'seven')");
        assertThat(next(goes)).contains("seven");
        assertThat(next(stays)).contains("seven");
        awaitSample(of("feed_writes_total", feed + ",transport=\"events\""), 1);
        awaitSample(of("feed_writes_total", feed + ",transport=\"websocket\""), 2);
      }
      awaitSample(of("feed_subscribers", feed + ",transport=\"websocket\""), 1);
      awaitSample(of("feed_closes_total", "code=\"none\"," + feed + ",reason=\"client\""), 1);
      Map<String, Double> samples = samples();
      assertThat(samples)
          .containsEntry(of("feed_refetches_total", feed), 0.0)
          .containsEntry(of("feed_connections_total", feed), 1.0);
      assertThat(samples.get(of("feed_received_bytes_total", feed))).isPositive();
      assertThat(samples.get(of("feed_journal_bytes", feed))).isPositive();
    }
  }

  @Test
  void countsRequestsAndRefusals() throws Exception {
    Map<String, Double> before = samples();
    assertThat(get("/v1/slots/delta_nobody").statusCode()).isEqualTo(404);
    assertThat(get("/v1/snapshot/stream?table=x&nonsense=1").statusCode()).isEqualTo(400);
    assertThat(get("/v1/nothing").statusCode()).isEqualTo(404);
    Map<String, Double> after = samples();

    assertThat(more(before, after, of("refusals_total", "code=\"slot_not_found\""))).isEqualTo(1);
    assertThat(more(before, after, of("refusals_total", "code=\"bad_request\""))).isEqualTo(1);
    assertThat(more(before, after, of("refusals_total", "code=\"not_found\""))).isEqualTo(1);
    assertThat(more(before, after, of("http_requests_total", "status=\"4xx\""))).isEqualTo(3);
    assertThat(more(before, after, of("http_requests_total", "status=\"2xx\""))).isEqualTo(1);
  }

  @Test
  void tellsWhatTheGuardDidAndTheDoctorFound() throws Exception {
    awaitSample(of("guard_actions_total", "action=\"drop\""), 0);
    awaitSample(of("doctor_findings", "severity=\"error\""), 0);
    assertThat(get("/v1/status").body()).contains("\"doctor\":{\"errors\":0,");
    assertThat(get("/v1/metrics").body())
        .contains("pgdeltastream_build_info{java=")
        .doesNotContain("version=\"unknown\"");
  }

  @Test
  void answersInTheFormatThatIsAskedFor() throws Exception {
    HttpResponse<String> plain = get("/v1/metrics");
    assertThat(plain.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("text/plain")
        .contains("version=0.0.4");
    HttpResponse<String> open = get("/v1/metrics", "Accept", OPEN_METRICS);
    assertThat(open.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("application/openmetrics-text");
    assertThat(open.body()).endsWith("# EOF\n");
    assertThat(delete("/v1/metrics").statusCode()).isEqualTo(405);
    assertThat(get("/v1/metrics?what=all").statusCode()).isEqualTo(400);
  }

  /** Over HTTP, on a connection that stays; bounded loosely, for slow machines. */
  @Test
  void isCheap() throws Exception {
    init();
    long best = Long.MAX_VALUE;
    for (int i = 0; i < SCRAPES; i++) {
      long start = System.nanoTime();
      assertThat(get("/v1/metrics").statusCode()).isEqualTo(200);
      best = Math.min(best, System.nanoTime() - start);
    }
    System.out.printf("A scrape took %d microseconds over HTTP%n", best / 1000);
    assertThat(best).isLessThan(Duration.ofMillis(100).toNanos());
  }

  @Test
  void satisfiesPromtool() throws Exception {
    Promtool.mustBeAtHand("MonitoringIT.satisfiesPromtool");
    assertThat(put("/v1/feeds/main").statusCode()).isEqualTo(201);
    String slot = init();
    try (StreamClient client = stream(slot)) {
      client.acknowledge(nextLsn(change(client, "insert into test_table values (3, 'three')")));
      awaitSample(of("stream_acknowledgements_total", "outcome=\"taken\"," + label(slot)), 1);
      String text = get("/v1/metrics").body();
      assertThat(Promtool.run(FILES, text, "check", "metrics"))
          .isEqualTo(new Promtool.Answer(0, ""));
    }
  }

  @Test
  void hasAlertsThatPromtoolAccepts() {
    Promtool.mustBeAtHand("MonitoringIT.hasAlertsThatPromtoolAccepts");
    Promtool.Answer rules = Promtool.run(FILES, "", "check", "rules", "alerts.yml");
    assertThat(rules.status()).as(rules.text()).isZero();
    Promtool.Answer tests = Promtool.run(FILES, "", "test", "rules", "alerts.test.yml");
    assertThat(tests.status()).as(tests.text()).isZero();
    Promtool.Answer config = Promtool.run(FILES, "", "check", "config", "prometheus.yml");
    assertThat(config.status()).as(config.text()).isZero();
  }

  private String change(StreamClient client, String sql) throws Exception {
    database().execute(sql);
    return client.nextWithChange();
  }

  private static String next(StreamClient client) throws Exception {
    String message = client.next();
    while (!message.contains("\"change\"")) {
      message = client.next();
    }
    return message;
  }

  private static String changes(String action, String slot) {
    return of("stream_changes_sent_total", "action=\"" + action + "\"," + label(slot));
  }

  private static String label(String slot) {
    return "slot=\"" + slot + "\"";
  }

  /** A sample as it is written, labels in the order of their names; a slot's name is its label. */
  private static String of(String name, String labels) {
    String all = labels.isEmpty() || labels.contains("=") ? labels : label(labels);
    return "pgdeltastream_" + name + (all.isEmpty() ? "" : "{" + all + "}");
  }

  private void awaitSample(String name, double value) {
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(samples()).as(name).containsEntry(name, value));
  }

  private Map<String, Double> samples() throws Exception {
    Map<String, Double> samples = new TreeMap<>();
    get("/v1/metrics")
        .body()
        .lines()
        .filter(line -> !line.startsWith("#"))
        .forEach(
            line -> {
              int space = line.lastIndexOf(' ');
              samples.put(line.substring(0, space), Double.valueOf(line.substring(space + 1)));
            });
    return samples;
  }

  private static double more(Map<String, Double> before, Map<String, Double> after, String name) {
    return after.getOrDefault(name, 0.0) - before.getOrDefault(name, 0.0);
  }
}
