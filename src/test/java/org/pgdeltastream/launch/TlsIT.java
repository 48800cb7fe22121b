package org.pgdeltastream.launch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.support.Certificates;
import org.pgdeltastream.support.EventsClient;
import org.pgdeltastream.support.Java;
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.RawHttp;
import org.pgdeltastream.support.ServerClient;
import org.pgdeltastream.support.StreamClient;
import org.pgdeltastream.support.TestDatabase;

/** The runnable jar with TLS: every way to it, a certificate that is replaced, refused starts. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class TlsIT {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final String TEXT = "abcdefghij".repeat(20);

  private Path directory;
  private TestDatabase database;
  private Certificates.Pair used;
  private Program program;

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    Certificates.mustBeAtHand("TlsIT");
    directory = temporary;
    database = TestDatabase.embedded();
    database.execute("create table orders (id int primary key, status text)");
    database.execute("create table large (id int primary key, status text)");
    database.execute(
        "insert into large select i, '%s' from generate_series(1, 50000) i".formatted(TEXT));
    used = Certificates.make(directory, "used");
    String[] settings = {used.settings()[0], used.settings()[1], "-Dpgdelta.feeds=main"};
    program = Program.start(database, database.port(), "256m", directory, settings);
  }

  @AfterAll
  void stop() throws Exception {
    if (program != null) {
      program.close();
    }
    if (database != null) {
      database.close();
    }
  }

  private StreamClient socket(String path, String... headers) {
    String url = program.address().replaceFirst("^http", "ws") + path;
    return new StreamClient(program.client(), url, headers);
  }

  private void insert(int id) throws Exception {
    database.execute("insert into orders values (%d, 'new')".formatted(id));
  }

  @Test
  void answersCurlThatKnowsTheCertificate() throws Exception {
    assertThat(curl("--cacert", used.certificate().toString()))
        .startsWith("HTTP/1.1 200")
        .contains("\"version\"")
        .doesNotContain("Strict-Transport-Security", "Set-Cookie");
    assertThat(curl()).as("exit status of an unknown authority").isEqualTo("60");
  }

  /** What the status line and the body are; without any, the exit status. */
  private String curl(String... more) throws Exception {
    List<String> command = new ArrayList<>(List.of("curl", "-s", "-i", "--max-time", "30"));
    command.addAll(List.of(more));
    command.add(program.address() + "/v1/about");
    Process process = new ProcessBuilder(command).start();
    String text = new String(process.getInputStream().readAllBytes(), UTF_8);
    int status = process.waitFor();
    return status == 0 ? text : String.valueOf(status);
  }

  @Test
  void printsAddressesAsTheyAre() throws Exception {
    String all = program.output();
    assertThat(
            all.substring(0, all.indexOf("Ctrl-C stops it."))) // what other tests do is behind it
        .contains("PG Delta Stream listens on https://localhost:" + program.port())
        .contains("tail https://localhost:" + program.port() + " --slot delta_demo")
        .contains("It is for: localhost, 127.0.0.1.")
        .contains("TLS with the certificate of " + used.certificate())
        .doesNotContain("http://", "ws://");
  }

  @Test
  void streamsASlotByWebsocket() throws Exception {
    program.post("/v1/init?slotName=delta_tls", "");
    try (StreamClient client = socket("/v1/lr/stream?slotName=delta_tls")) {
      insert(1);
      String message = client.nextWithChange();
      assertThat(message).contains("\"columnvalues\":[1,\"new\"]");
      client.acknowledge(ServerClient.nextLsn(message));
      database.execute(
          "insert into orders select i, '%s' from generate_series(101, 20100) i".formatted(TEXT));
      assertThat(client.nextWithChange()).hasSizeGreaterThan(20_000 * TEXT.length());
      insert(2);
      assertThat(client.nextWithChange()).contains("\"columnvalues\":[2,\"new\"]");
    }
    assertThat(program.delete("/v1/slots/delta_tls?force=true").statusCode()).isEqualTo(204);
  }

  @Test
  void streamsAFeedByWebsocketEventsAndPull() throws Exception {
    String from = database.text("select pg_current_wal_lsn()");
    String path = "/v1/feeds/main/stream?after=" + from;
    try (StreamClient client = socket(path);
        EventsClient events = new EventsClient(program.client(), program.address() + path)) {
      insert(11);
      assertThat(client.next()).contains("\"hello\"");
      assertThat(client.nextWithChange()).contains("\"columnvalues\":[11,\"new\"]");
      assertThat(events.nextWithChange().data()).contains("\"columnvalues\":[11,\"new\"]");
      assertThat(program.get("/v1/feeds/main/changes?after=" + from).body())
          .contains("\"columnvalues\":[11,\"new\"]");
    }
  }

  @Test
  void sendsAWholeTable() throws Exception {
    program.post("/v1/init?slotName=delta_rows", "");
    String rows = program.get("/v1/snapshot/stream?slotName=delta_rows&table=large").body();
    assertThat(rows.lines().count()).isEqualTo(50_001);
    assertThat(rows).endsWith("\"rows\":50000}\n");
    assertThat(program.delete("/v1/slots/delta_rows").statusCode()).isEqualTo(204);
  }

  @Test
  void knowsItsOwnPagesBySchemeHostAndPort() throws Exception {
    assertThat(ping(program.address())).isEqualTo(200);
    assertThat(ping(program.address().replace("https", "http"))).isEqualTo(403);
    assertThat(ping("https://localhost")).isEqualTo(403);
    socket("/v1/feeds/main/stream", "Origin", program.address()).close();
  }

  private int ping(String origin) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(program.address() + "/v1/ping"))
            .header("Origin", origin)
            .timeout(SOON)
            .build();
    return program.client().send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
  }

  @Test
  void tellsAClientWithoutTlsThatItIsNeeded() throws Exception {
    RawHttp.Answer answer =
        new RawHttp(program.port()).send("GET /v1/ping HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.body()).contains("TLS");
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void speaksNewerProtocols(String protocol) throws Exception {
    assertThat(protocol(protocol)).isEqualTo(protocol);
  }

  @Test
  void speaksNoOlderOnes() {
    assertThatThrownBy(() -> protocol("TLSv1.1")).isInstanceOf(SSLException.class);
  }

  private String protocol(String wanted) throws IOException {
    try (SSLSocket socket = connect(used)) {
      socket.setEnabledProtocols(new String[] {wanted});
      socket.startHandshake();
      return socket.getSession().getProtocol();
    }
  }

  private SSLSocket connect(Certificates.Pair trusted) throws IOException {
    SSLSocket socket =
        (SSLSocket)
            Certificates.trusting(trusted.certificate())
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), program.port());
    socket.setSoTimeout((int) SOON.toMillis());
    return socket;
  }

  /** And who is connected stays; a pair that cannot be used is not taken. */
  @Test
  void takesACertificateThatIsReplaced() throws Exception {
    Certificates.Pair first = Certificates.make(directory, "first");
    Certificates.Pair second = Certificates.make(directory, "second");
    Certificates.Pair wrong = Certificates.make(directory, "wrong");
    Certificates.Pair files =
        new Certificates.Pair(directory.resolve("files.crt"), directory.resolve("files.key"));
    first.replace(files);
    try (Program own =
        Program.start(database, database.port(), "128m", directory, files.settings())) {
      own.post("/v1/init?slotName=delta_reload", "");
      try (StreamClient client = new StreamClient(own.client(), own.streamUrl("delta_reload"))) {
        Files.writeString(files.certificate(), Files.readString(wrong.certificate()));
        awaitSaid(own, "is not the key of the first certificate");
        Files.delete(files.key());
        awaitSaid(own, "cannot read " + files.key() + ": there is no such file");
        assertThat(own.get("/v1/ping").statusCode()).as("the first one still").isEqualTo(200);

        Path renewed = Files.copy(second.certificate(), directory.resolve("renewed"));
        Files.writeString(files.key(), Files.readString(second.key()));
        Files.move(renewed, files.certificate(), StandardCopyOption.ATOMIC_MOVE);
        HttpClient trustsSecond =
            HttpClient.newBuilder().sslContext(Certificates.trusting(second.certificate())).build();
        await("the second certificate")
            .atMost(SOON)
            .ignoreExceptionsInstanceOf(IOException.class)
            .until(() -> status(trustsSecond, own) == 200);
        insert(21);
        assertThat(client.nextWithChange()).as("on the old connection").contains("21");
      }
      own.delete("/v1/slots/delta_reload?force=true");
      assertThat(
              own.stop().lines().filter(line -> line.contains("WARNING") && line.contains("TLS")))
          .as("each is said once")
          .hasSize(2);
    }
  }

  private static void awaitSaid(Program program, String words) {
    await("the log to say " + words).atMost(SOON).until(() -> program.output().contains(words));
  }

  private static int status(HttpClient client, Program program) throws Exception {
    URI ping = URI.create(program.address() + "/v1/ping");
    HttpRequest request = HttpRequest.newBuilder(ping).timeout(SOON).build();
    return client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
  }

  @Test
  void warnsOfACertificateThatEndsSoon() throws Exception {
    Certificates.Pair short_ =
        Certificates.make(directory, "short", "-newkey", "rsa:2048", "-days", "3");
    try (Program own =
        Program.start(database, database.port(), "128m", directory, short_.settings())) {
      awaitSaid(own, "a new one in its place is taken without a restart");
    }
  }

  @Test
  void doesNotStartWithOneOfTheTwo() throws Exception {
    assertThat(refusal(used.settings()[0]))
        .isEqualTo(
            "pgdeltastream: Setting pgdelta.tls-certificate is there without pgdelta.tls-key: TLS"
                + " needs both, the port would be open without it");
    assertThat(refusal(used.settings()[1])).contains("pgdelta.tls-key is there without");
  }

  @Test
  void doesNotStartWithFilesThatCannotBeUsed() throws Exception {
    Certificates.Pair other = Certificates.make(directory, "other");
    assertThat(refusal(used.settings()[0], other.settings()[1]))
        .startsWith("pgdeltastream: Setting pgdelta.tls-key: " + other.key() + " is not the key");
    assertThat(refusal("-Dpgdelta.tls-certificate=/nowhere", used.settings()[1]))
        .isEqualTo(
            "pgdeltastream: Setting pgdelta.tls-certificate: cannot read /nowhere: there is no such"
                + " file");
  }

  /** All that it prints; it ends with 1. */
  private String refusal(String... settings) throws Exception {
    List<String> command = Java.command();
    command.add("-Djava.io.tmpdir=" + directory);
    command.addAll(List.of(settings));
    command.addAll(List.of("-jar", System.getProperty("pgdelta.test.jar", "")));
    command.addAll(List.of("postgres", "localhost:1", "localhost:0"));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
    assertThat(process.waitFor()).as(text).isEqualTo(1);
    return text;
  }

  @Test
  void opensManyStreamsOfAFeed() throws Exception {
    List<StreamClient> clients =
        IntStream.range(0, 50).mapToObj(i -> socket("/v1/feeds/main/stream")).toList();
    insert(31);
    for (StreamClient client : clients) {
      assertThat(client.next()).contains("\"hello\"");
      assertThat(client.nextWithChange()).contains("\"columnvalues\":[31,\"new\"]");
      client.close();
    }
  }
}
