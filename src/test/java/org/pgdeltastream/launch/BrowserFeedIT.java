package org.pgdeltastream.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.TestDatabase;

/**
 * The example of src/docs/feeds.md in a browser, behind nginx as it is without settings: what comes
 * at once, and what comes again after breaks.
 */
@Tag("nightly")
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class BrowserFeedIT {
  private static final Duration SOON = Duration.ofSeconds(40);
  private static final List<String> BROWSERS =
      List.of("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome");
  private static final Path NGINX = Path.of("/usr/sbin/nginx");

  @TempDir Path directory;

  private final ConcurrentLinkedQueue<String> said = new ConcurrentLinkedQueue<>(); // by the page
  private final List<Process> processes = new ArrayList<>();
  private TestDatabase database;
  private HttpServer pages;
  private Program program;
  private int port;

  @BeforeEach
  void start() throws Exception {
    assumeTrue(Files.exists(NGINX), "no nginx here");
    assumeTrue(browser().isPresent(), "no Chromium here");
    database = TestDatabase.embedded();
    database.execute("create table orders (id int primary key)");
    pages = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    pages.createContext("/", this::answer);
    pages.start();
    port = freePort();
    program = program();
    int front = freePort();
    Files.writeString(directory.resolve("nginx.conf"), nginx(front));
    begin(NGINX.toString(), "-p", directory.toString(), "-c", "nginx.conf");
    begin(
        browser().orElseThrow(),
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--user-data-dir=" + directory.resolve("browser"),
        "http://127.0.0.1:" + front + "/page");
  }

  @AfterEach
  void stop() throws Exception {
    for (Process process : processes) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().waitFor();
    }
    if (program != null) {
      program.close();
      pages.stop(0);
      database.close();
    }
  }

  @Test
  void getsChangesAtOnceAndGoesOnAfterBreaks() throws Exception {
    await("the page").atMost(SOON).until(() -> said.contains("loaded"));
    await("the client").atMost(SOON).until(this::isFollowed);
    long start = System.nanoTime();
    insert(1);
    awaitRow(1);
    System.out.printf(
        "A change is in the page after %d ms%n", (System.nanoTime() - start) / 1_000_000);

    program.kill();
    insert(2);
    program = program();
    awaitRow(2);

    program.stop();
    insert(3);
    program = program();
    awaitRow(3);

    program.stop();
    insert(4);
    database.text("select pg_switch_wal()"); // which also writes it out
    database.text(
        "select end_lsn from pg_replication_slot_advance('delta_feed_main', pg_current_wal_lsn())");
    program = program();
    await("to be told to read all again")
        .atMost(SOON)
        .untilAsserted(() -> assertThat(said).contains("refetch"));
    await("the client").atMost(SOON).until(this::isFollowed);
    insert(5);
    awaitRow(5);

    assertThat(said).containsExactly("loaded", "1", "2", "3", "refetch", "5");
  }

  private void insert(int id) throws Exception {
    database.execute("insert into orders values (" + id + ")");
  }

  private void awaitRow(int id) {
    await("row " + id).atMost(SOON).until(() -> said.contains(String.valueOf(id)));
  }

  private boolean isFollowed() throws Exception {
    return program.get("/v1/feeds/main").body().contains("\"subscribers\":1");
  }

  private Program program() throws IOException {
    return Program.startAt(
        port, database, database.port(), "256m", directory, "-Dpgdelta.feeds=main");
  }

  private void begin(String... command) throws IOException {
    Path output = directory.resolve("output" + processes.size());
    processes.add(
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start());
  }

  private static Optional<String> browser() {
    return BROWSERS.stream().filter(one -> Files.isExecutable(Path.of(one))).findFirst();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private String nginx(int front) {
    return """
        daemon off;
        pid nginx.pid;
        error_log stderr;
        events {}
        http {
          access_log off;
          client_body_temp_path body;
          proxy_temp_path proxy;
          fastcgi_temp_path fastcgi;
          uwsgi_temp_path uwsgi;
          scgi_temp_path scgi;
          server {
            listen 127.0.0.1:%d;
            location / { proxy_pass http://127.0.0.1:%d; }
            location /v1/ { proxy_pass http://127.0.0.1:%d; }
          }
        }
        """
        .formatted(front, pages.getAddress().getPort(), port);
  }

  /** The page, and what it says. */
  private void answer(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    byte[] answer = {};
    if (exchange.getRequestMethod().equals("POST")) {
      said.add(new String(body, StandardCharsets.UTF_8));
    } else if (exchange.getRequestURI().getPath().equals("/page")) {
      answer = page().getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "text/html");
    }
    exchange.sendResponseHeaders(200, answer.length == 0 ? -1 : answer.length);
    exchange.getResponseBody().write(answer);
    exchange.close();
  }

  private static String page() throws IOException {
    return """
        <!doctype html><script>
        let words = Promise.resolve()
        const say = word => { words = words.then(() => fetch('/said', { method: 'POST', body: word })) }
        const apply = message => message.change.forEach(change => say('' + change.columnvalues[0]))
        const readTheRowsAgain = () => say('refetch')
        say('loaded')
        %s
        </script>
        """
        .formatted(example());
  }

  private static String example() throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("src", "docs", "feeds.md"))) {
      return String.join(
          "\n",
          lines
              .dropWhile(line -> !line.equals("```js"))
              .skip(1)
              .takeWhile(line -> !line.equals("```"))
              .toList());
    }
  }
}
