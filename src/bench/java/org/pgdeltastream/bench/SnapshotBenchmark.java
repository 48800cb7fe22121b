package org.pgdeltastream.bench;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.pgdeltastream.support.TestDatabase;

/**
 * Reads one table in several ways, in turn, and prints each way's rows per second, median of the
 * rounds, and the median of its part, round by round, of what psql copies to /dev/null and of what
 * is streamed as NDJSON. The server is the runnable jar with 256 MB of heap in a process of its
 * own. Arguments: the jar, rows, rounds, the beginnings of the names of the ways.
 */
public final class SnapshotBenchmark {
  private static final Pattern SLOT = Pattern.compile("\"slotName\":\"([^\"]+)\"");
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final String base;
  private final String slot;

  private SnapshotBenchmark(String base, String slot) {
    this.base = base;
    this.slot = slot;
  }

  public static void main(String[] arguments) throws Exception {
    int rows = Integer.parseInt(arguments[1]);
    int rounds = Integer.parseInt(arguments[2]);
    try (TestDatabase database =
        TestDatabase.embedded(Map.of("max_wal_size", "20GB", "jit", "off", "autovacuum", "off"))) {
      load(database, rows);
      int port = freePort();
      Process server = server(arguments[0], database, port);
      try {
        String base = "http://127.0.0.1:" + port;
        await(base + "/v1/ping");
        String made = get(base + "/v1/init?plugin=pgoutput");
        Matcher slot = SLOT.matcher(made);
        if (!slot.find()) {
          throw new IOException("No slot was made: " + made);
        }
        List<String> wanted = arguments.length > 3 ? List.of(arguments[3].split(",")) : List.of("");
        new SnapshotBenchmark(base, slot.group(1)).run(database, rows, rounds, wanted);
      } finally {
        server.destroy();
        server.waitFor();
      }
    }
  }

  /** The table of the design's measurements: 8 columns, about 160 bytes a row. */
  private static void load(TestDatabase database, int rows) throws Exception {
    database.execute(
        "create table t(id bigint primary key, n int, m numeric(12,2), a text, b text,"
            + " at timestamptz, f bool, j jsonb); insert into t select i, i % 1000, i / 7.0,"
            + " 'name \"' || i || '\"', md5(i::text), '2026-01-01'::timestamptz + i * interval '1 s',"
            + " i % 2 = 0, jsonb_build_object('k', i, 'v', 'x') from generate_series(1, "
            + rows
            + ") i");
    database.execute("vacuum analyze t");
  }

  private void run(TestDatabase database, int rows, int rounds, List<String> wanted)
      throws Exception {
    Map<String, Callable<Long>> ways = new LinkedHashMap<>();
    ways.put("psql copy", () -> psql(database, "copy t to stdout"));
    ways.put(
        "psql row_to_json", () -> psql(database, "copy (select row_to_json(t) from t) to stdout"));
    ways.put("stream ndjson", () -> stream("format=ndjson"));
    ways.put("stream json", () -> stream("format=json"));
    ways.put("stream csv", () -> stream("format=csv"));
    ways.put("pages of 10000", () -> pages(10_000, Math.min(rows, 1_000_000)));
    ways.put("pages of 1000", () -> pages(1_000, Math.min(rows, 1_000_000)));
    ways.keySet().removeIf(way -> wanted.stream().noneMatch(way::startsWith));
    Map<String, List<Double>> rates = new LinkedHashMap<>();
    for (int round = -1; round <= rounds; round++) {
      for (Map.Entry<String, Callable<Long>> way : ways.entrySet()) {
        long start = System.nanoTime();
        long read = way.getValue().call();
        double rate = (read < 0 ? rows : read) * 1e9 / (System.nanoTime() - start);
        if (round > 0) { // the first two warm up
          rates.computeIfAbsent(way.getKey(), name -> new ArrayList<>()).add(rate);
        }
      }
    }
    List<Double> none = Collections.nCopies(rounds, Double.NaN);
    List<Double> copy = rates.getOrDefault("psql copy", none);
    List<Double> stream = rates.getOrDefault("stream ndjson", none);
    System.out.printf("%d rows, median of %d rounds, server heap 256 MB%n", rows, rounds);
    rates.forEach(
        (name, found) ->
            System.out.printf(
                Locale.ROOT,
                "%-18s %8.0f k rows/s  %.2f of psql copy  %.2f of stream ndjson%n",
                name,
                median(found) / 1000,
                median(ratios(found, copy)),
                median(ratios(found, stream))));
    if (ways.containsKey("pages of 10000")) {
      walk(10_000);
    }
  }

  /** From the first page to the last: the ends must cost the same. */
  private void walk(int size) throws Exception {
    List<Double> millis = new ArrayList<>();
    Optional<String> cursor = Optional.empty();
    do {
      long start = System.nanoTime();
      cursor = page(size, cursor);
      millis.add((System.nanoTime() - start) / 1e6);
    } while (cursor.isPresent());
    int tenth = Math.max(1, millis.size() / 10);
    System.out.printf(
        Locale.ROOT,
        "%d pages of %d rows, median of the first tenth %.1f ms, of the last %.1f ms%n",
        millis.size(),
        size,
        median(millis.subList(0, tenth)),
        median(millis.subList(millis.size() - tenth, millis.size())));
  }

  private static long psql(TestDatabase database, String sql) throws Exception {
    Process psql =
        new ProcessBuilder(
                "psql",
                "-h",
                "127.0.0.1",
                "-p",
                String.valueOf(database.port()),
                "-U",
                database.user(),
                "-d",
                "postgres",
                "-q",
                "-c",
                sql)
            .redirectOutput(new File("/dev/null"))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    if (psql.waitFor() != 0) {
      throw new IOException("psql failed: " + sql);
    }
    return -1;
  }

  private long stream(String how) throws Exception {
    URI uri = URI.create(base + "/v1/snapshot/stream?table=t&slotName=" + slot + "&" + how);
    HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
    drain(connection);
    return -1;
  }

  private long pages(int size, int rows) throws Exception {
    long read = 0;
    Optional<String> cursor = Optional.empty();
    do {
      cursor = page(size, cursor);
      read += size;
    } while (cursor.isPresent() && read < rows);
    return read;
  }

  /** Answers where the next page begins. */
  private Optional<String> page(int size, Optional<String> cursor) throws Exception {
    String after = cursor.map(text -> ",\"after\":\"" + text + "\"").orElse("");
    String body = "{\"table\":\"t\",\"slotName\":\"" + slot + "\",\"limit\":" + size + after + "}";
    HttpURLConnection connection =
        (HttpURLConnection) URI.create(base + "/v1/snapshot/data").toURL().openConnection();
    connection.setDoOutput(true);
    try (OutputStream out = connection.getOutputStream()) {
      out.write(body.getBytes(StandardCharsets.UTF_8));
    }
    drain(connection);
    return Optional.ofNullable(connection.getHeaderField("Next-Cursor"));
  }

  /** The same client for whole tables and pages: theirs, not its own, time is compared. */
  private static void drain(HttpURLConnection connection) throws IOException {
    byte[] buffer = new byte[1 << 16];
    try (InputStream body = connection.getInputStream()) { // throws where the status is no success
      while (body.read(buffer) >= 0) {
        // to nowhere
      }
    }
  }

  private static Process server(String jar, TestDatabase database, int port) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-jar",
            jar,
            "--db",
            "postgres",
            "--pgHost",
            "127.0.0.1:" + database.port(),
            "--user",
            database.user(),
            "--password",
            database.password(),
            "--serverHost",
            "127.0.0.1",
            "--serverPort",
            String.valueOf(port));
    Path log = Path.of("target", "bench-server.log");
    return builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
  }

  private static void await(String url) throws Exception {
    for (int tries = 0; ; tries++) {
      try {
        get(url);
        return;
      } catch (IOException e) {
        if (tries == 600) {
          throw new IOException(Files.readString(Path.of("target", "bench-server.log")), e);
        }
        Thread.sleep(100);
      }
    }
  }

  private static String get(String url) throws Exception {
    HttpResponse<String> answer =
        HTTP.send(
            HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) { // also 404, until the application is there
      throw new IOException(url + ": " + answer.body());
    }
    return answer.body();
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** Of what was measured in the same round: the machine may change between rounds. */
  private static List<Double> ratios(List<Double> found, List<Double> base) {
    return IntStream.range(0, found.size()).mapToObj(i -> found.get(i) / base.get(i)).toList();
  }

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return sorted[sorted.length / 2];
  }
}
