package org.pgdeltastream.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The runnable jar as a process of its own, on a database of the test. */
public final class Program implements AutoCloseable {
  private static final Pattern LISTENS = Pattern.compile("listens on (https?)://[^ ]+:([0-9]+)");
  private static final Duration START = Duration.ofMinutes(3);

  private static final String CERTIFICATE = "-Dpgdelta.tls-certificate=";

  private final HttpClient http;
  private final Process process;
  private final Path output;
  private final String scheme;
  private final int port;

  private Program(HttpClient http, Process process, Path output, String scheme, int port) {
    this.http = http;
    this.process = process;
    this.output = output;
    this.scheme = scheme;
    this.port = port;
  }

  /** Starts it with this much heap and waits until it says where it listens. */
  public static Program start(TestDatabase database, String heap, Path directory)
      throws IOException {
    return start(database, database.port(), heap, directory);
  }

  /**
   * Starts it and waits until it says where it listens.
   *
   * @param port where it finds the database
   * @param settings such as {@code -Dpgdelta.streams=2}
   */
  public static Program start(
      TestDatabase database, int port, String heap, Path directory, String... settings)
      throws IOException {
    return startAt(0, database, port, heap, directory, settings);
  }

  /**
   * Starts it and waits until it says where it listens.
   *
   * @param listenPort its port; 0 for any
   */
  public static Program startAt(
      int listenPort,
      TestDatabase database,
      int port,
      String heap,
      Path directory,
      String... settings)
      throws IOException {
    UnpackedJar.putInto(directory);
    Path output = Files.createTempFile(directory, "program-output", "");
    List<String> command = Java.command();
    command.add("-Djava.io.tmpdir=" + directory); // a killed program cannot tidy up
    command.addAll(List.of(settings));
    command.addAll(
        List.of("-Xmx" + heap, "-jar", System.getProperty("pgdelta.test.jar", ""), "postgres"));
    command.addAll(List.of("localhost:" + port, "localhost:" + listenPort));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
    builder.environment().put("PGUSER", database.user());
    Process process = builder.start();
    await("the program to listen")
        .atMost(START)
        .until(() -> LISTENS.matcher(Files.readString(output)).find() || !process.isAlive());
    Matcher listens = LISTENS.matcher(Files.readString(output));
    assertThat(listens.find()).as(Files.readString(output)).isTrue();
    UnpackedJar.keep(directory);
    return new Program(
        client(settings), process, output, listens.group(1), Integer.parseInt(listens.group(2)));
  }

  /** One that trusts the program's certificate, where it has one. */
  private static HttpClient client(String... settings) {
    HttpClient.Builder client = HttpClient.newBuilder();
    Stream.of(settings)
        .filter(setting -> setting.startsWith(CERTIFICATE))
        .map(setting -> Path.of(setting.substring(CERTIFICATE.length())))
        .forEach(certificate -> client.sslContext(Certificates.trusting(certificate)));
    return client.build();
  }

  /** Where it is, without a slash at the end. */
  public String address() {
    return scheme + "://localhost:" + port;
  }

  public int port() {
    return port;
  }

  /** A client that trusts it. */
  public HttpClient client() {
    return http;
  }

  public HttpResponse<String> get(String path) throws Exception {
    return send(HttpRequest.newBuilder(uri(path)));
  }

  public HttpResponse<String> post(String path, String body) throws Exception {
    return send(HttpRequest.newBuilder(uri(path)).POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  public HttpResponse<String> delete(String path) throws Exception {
    return send(HttpRequest.newBuilder(uri(path)).DELETE());
  }

  /** An answer to be read bit by bit; the caller closes it. */
  public InputStream open(String path) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(uri(path)).timeout(Duration.ofSeconds(30)).build();
    HttpResponse<InputStream> answer =
        http.send(request, HttpResponse.BodyHandlers.ofInputStream());
    assertThat(answer.statusCode()).isEqualTo(200);
    return answer.body();
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return http.send(
        request.timeout(Duration.ofSeconds(30)).build(), HttpResponse.BodyHandlers.ofString());
  }

  private URI uri(String path) {
    return URI.create(address() + path);
  }

  public String streamUrl(String slot) {
    return address().replaceFirst("^http", "ws") + "/v1/lr/stream?slotName=" + slot;
  }

  /** Its process number. */
  public long pid() {
    return process.pid();
  }

  /** As kill -9 does. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** As Ctrl-C does; answers what it printed. */
  public String stop() throws Exception {
    assertThat(process.toHandle().destroy()).isTrue();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ended").isTrue();
    return Files.readString(output);
  }

  /** What it has printed so far. */
  public String output() throws IOException {
    return Files.readString(output);
  }

  /** What those of its threads do that run our code. */
  public String threads() throws IOException {
    Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    Process dump = new ProcessBuilder(jcmd.toString(), "" + pid(), "Thread.print").start();
    try (InputStream text = dump.getInputStream()) {
      String all = new String(text.readAllBytes(), StandardCharsets.UTF_8);
      return Stream.of(all.split("\n\n"))
          .filter(thread -> thread.contains("org.pgdeltastream"))
          .collect(Collectors.joining("\n\n"));
    }
  }

  /** The most memory that it had, in MB, where the system tells that. */
  public Optional<Long> peakMemory() throws IOException {
    Path status = Path.of("/proc", String.valueOf(process.pid()), "status");
    if (Files.notExists(status)) {
      return Optional.empty();
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .map(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
        .findFirst();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
