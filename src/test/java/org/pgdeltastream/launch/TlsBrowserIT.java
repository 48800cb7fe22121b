package org.pgdeltastream.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.support.Browser;
import org.pgdeltastream.support.Certificates;
import org.pgdeltastream.support.Issuer;
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.TestDatabase;

/**
 * Chromium and TLS: the console's page, websockets and event streams of this address, with a cookie
 * too. The issuer's keys are read by TLS.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class TlsBrowserIT {
  private static final Duration SOON = Duration.ofSeconds(40);
  private static final Issuer.Key KEY = Issuer.Key.of("ec", "ES256");

  private TestDatabase database;
  private Program program;
  private Browser browser;
  private HttpsServer issuer;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    Certificates.mustBeAtHand("TlsBrowserIT");
    Certificates.Pair pair = Certificates.make(directory, "server");
    browser =
        Browser.open(
            directory,
            "TlsBrowserIT",
            "--ignore-certificate-errors-spki-list=" + Certificates.hashOfKey(pair.certificate()));
    database = TestDatabase.embedded();
    database.execute("create table orders (id int primary key)");
    database.execute("create table owned (id int, owner text)");
    database.execute("alter table owned replica identity full");
    Certificates.Pair ofIssuer = Certificates.make(directory, "issuer");
    issuer = issuer(ofIssuer);
    List<String> settings = new ArrayList<>(List.of(pair.settings()));
    settings.addAll(List.of(Certificates.trust(ofIssuer.certificate())));
    settings.addAll(rights(directory));
    program =
        Program.start(
            database, database.port(), "256m", directory, settings.toArray(String[]::new));
  }

  private static HttpsServer issuer(Certificates.Pair pair) throws Exception {
    byte[] keys = Issuer.jwks(KEY).getBytes(StandardCharsets.UTF_8);
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(Certificates.showing(pair)));
    server.createContext(
        "/jwks",
        exchange -> {
          try (exchange) {
            exchange.sendResponseHeaders(200, keys.length);
            exchange.getResponseBody().write(keys);
          }
        });
    server.start();
    return server;
  }

  private List<String> rights(Path directory) throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("rights.json"),
            """
            {"roles":{"user":{"feeds":{"main":{"tables":{"public.owned":{"rows":"owner.eq.$sub"}}}}}}}
            """);
    return List.of(
        "-Dpgdelta.feeds=main",
        "-Dpgdelta.jwks=https://localhost:" + issuer.getAddress().getPort() + "/jwks",
        "-Dpgdelta.issuer=" + Issuer.NAME,
        "-Dpgdelta.audience=" + Issuer.AUDIENCE,
        "-Dpgdelta.rights=" + file,
        "-Dpgdelta.trust-local=true");
  }

  @AfterAll
  void stop() throws Exception {
    if (browser != null) {
      browser.close();
    }
    if (program != null) {
      program.close();
    }
    if (issuer != null) {
      issuer.stop(0);
    }
    if (database != null) {
      database.close();
    }
  }

  private void awaitScript(String script, String wanted) {
    await(script).atMost(SOON).until(() -> browser.run("return " + script).equals(wanted));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "WebSocket(location.origin.replace('https', 'wss') + '/v1/feeds/main/stream')",
        "EventSource('/v1/feeds/main/stream')"
      })
  void getsChangesAtOnce(String source) throws Exception {
    int id = source.length();
    browser.open(program.address() + "/");
    browser.run(
        "window.got = ''; window.source = new "
            + source
            + "; source.onmessage = ({ data }) => { got += data }; source.onopen = () => { window.isOpen = true }");
    awaitScript("isOpen", "true");
    database.execute("insert into orders values (" + id + ")");
    awaitScript("got.includes('\"columnvalues\":[" + id + "]')", "true");
    browser.run("source.close()");
  }

  /**
   * An EventSource that comes back by itself shows the cookie that was set meanwhile. With none it
   * would be let in from this machine, and be shown everything.
   */
  @Test
  void comesBackWithANewCookie() throws Exception {
    browser.open(program.address() + "/");
    Map<String, Object> claims = Issuer.claims("ann", "user", Instant.now());
    Instant end = Instant.ofEpochSecond(Instant.now().getEpochSecond() + 8);
    setCookie(Issuer.with(claims, "exp", end.getEpochSecond()));
    browser.run(
        """
        window.got = ''; window.opened = 0; window.ended = ''
        window.source = new EventSource('/v1/feeds/main/stream')
        source.onopen = () => { opened++ }
        source.onmessage = ({ data }) => { got += data }
        source.addEventListener('bye', ({ data }) => { ended = JSON.parse(data).reason })
        """);
    awaitScript("opened", "1");
    insertForBoth(1);
    awaitScript("got.includes('[1,\"ann\"]')", "true");
    setCookie(claims);
    awaitScript("ended", "token_expired");
    insertForBoth(2); // while it is away
    awaitScript("opened", "2");
    awaitScript("got.includes('[2,\"ann\"]')", "true");
    insertForBoth(3);
    awaitScript("got.includes('[3,\"ann\"]')", "true");
    assertThat(browser.run("source.close(); return got.includes('bob') + document.cookie"))
        .isEqualTo("false");
    call("DELETE", "");
  }

  private void setCookie(Map<String, Object> claims) {
    call("POST", ", headers: { Authorization: 'Bearer " + KEY.token(claims) + "' }");
  }

  private void call(String method, String more) {
    browser.run(
        "window.answered = 0; fetch('/v1/cookie', { method: '%s'%s }).then(one => { answered = one.status })"
            .formatted(method, more));
    awaitScript("answered", "204");
  }

  private void insertForBoth(int id) throws Exception {
    database.execute("insert into owned values (%1$d, 'bob'), (%1$d, 'ann')".formatted(id));
  }

  /** The client finds wss by the page's own address. */
  @Test
  void streamsASlotByTheClient() throws Exception {
    browser.open(program.address() + "/");
    browser.run(
        """
        window.got = ''
        import('/client/pgdeltastream.js').then(async ({ DeltaClient }) => {
          const client = new DeltaClient({ url: '/' })
          await client.init({ slotName: 'delta_js' })
          got = 'ready '
          for await (const { changes } of client.stream('delta_js')) got += changes[0].row.id
        })
        """);
    awaitScript("got", "ready ");
    database.execute("insert into orders values (3)");
    awaitScript("got", "ready 3");
    browser.open("about:blank");
    program.delete("/v1/slots/delta_js?force=true");
  }

  @Test
  void showsTheConsoleWithoutAComplaint() {
    browser.open(program.address() + "/");
    browser.find("h1");
    awaitScript("isSecureContext", "true");
    assertThat(browser.complaints()).isEmpty();
  }
}
