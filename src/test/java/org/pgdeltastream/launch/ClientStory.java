package org.pgdeltastream.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** What a page does with the JavaScript client in Chromium: it follows a table. */
abstract class ClientStory extends BrowserStory {
  static final Duration SOON = Duration.ofSeconds(60);

  /** Rows as they are by what came, and what came twice since the last reset. */
  private static final String BEGIN =
      """
      window.rows = new Map(); window.twice = []; window.states = []; window.resets = 0
      window.failure = ''; window.seen = new Set(); window.ready = false
      window.take = entry => {
        if (entry.type === 'reset') { rows.clear(); seen.clear(); resets++; ready = false }
        if (entry.type === 'row') {
          if (rows.has(entry.row.id)) twice.push(entry.row.id)
          rows.set(entry.row.id, entry.row.status)
        }
        if (entry.type === 'ready') ready = true
        for (const { action, row, key } of entry.changes ?? []) {
          if (action === 'truncate') { rows.clear(); seen.clear(); continue }
          const name = action + (row ?? key).id + (row?.status ?? '')
          if (seen.has(name)) twice.push(name)
          seen.add(name)
          if (action === 'delete') rows.delete(key.id); else rows.set(row.id, row.status)
        }
      }
      window.begin = async work => {
        const client = await import('/client/pgdeltastream.js')
        try { await work(client) } catch (e) { failure = `${e.code ?? ''} ${e.close ?? ''} ${e.message}` }
      }
      """;

  @BeforeEach
  void emptyTable() throws Exception {
    database.execute("truncate orders");
  }

  @AfterEach
  void dropSlot() throws Exception {
    browser.open("about:blank");
    program.delete("/v1/slots/delta_js?force=true");
  }

  void run(String work) {
    browser.open(address() + "/");
    browser.run(BEGIN);
    browser.run("begin(async ({ DeltaClient, DeltaError, follow }) => {" + work + "})");
  }

  void insert(int from, int to) throws Exception {
    database.execute(
        "insert into orders select i, 'new' from generate_series(%d, %d) i".formatted(from, to));
  }

  void awaitRows(int count) {
    await("%d rows".formatted(count))
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(browser.run("return rows.size + ' ' + ready + failure"))
                    .isEqualTo(count + " true"));
    assertThat(browser.run("return twice.join()")).isEmpty();
  }
}
