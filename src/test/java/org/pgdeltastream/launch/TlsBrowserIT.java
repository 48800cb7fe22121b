package org.pgdeltastream.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
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
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.TestDatabase;

/** Chromium and TLS: the console's page, websockets and event streams of this address. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class TlsBrowserIT {
  private static final Duration SOON = Duration.ofSeconds(40);

  private TestDatabase database;
  private Program program;
  private Browser browser;

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
    String[] settings = {pair.settings()[0], pair.settings()[1], "-Dpgdelta.feeds=main"};
    program = Program.start(database, database.port(), "256m", directory, settings);
  }

  @AfterAll
  void stop() throws Exception {
    if (browser != null) {
      browser.close();
    }
    if (program != null) {
      program.close();
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
