package org.pgdeltastream.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.openqa.selenium.Keys;
import org.pgdeltastream.slot.KafkaTopics;
import org.pgdeltastream.support.Broker;
import org.pgdeltastream.support.StreamClient;

/** The console in Chromium, on the runnable jar and a real PostgreSQL. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class ConsoleIT extends BrowserStory {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final String SENTENCE = ".sentence";
  private static final String CHANGES = "#changes";
  private static final List<String> PAGES =
      List.of("#/", "#/slot/delta_look", "#/feed/main", "#/tail", "#/doctor", "#/about");

  @AfterEach
  void policyWasKept() {
    assertThat(browser.complaints())
        .noneMatch(one -> one.contains("Content Security Policy") || one.contains("TrustedHTML"))
        .noneMatch(one -> one.contains("Uncaught"));
  }

  private void open(String page) {
    browser.open(address() + "/" + page);
  }

  private void make(String slot) throws Exception {
    assertThat(program.get("/v1/init?slotName=" + slot).statusCode()).isEqualTo(200);
  }

  private void drop(String slot) throws Exception {
    program.delete("/v1/slots/" + slot + "?force=true");
  }

  private boolean isThere(String slot) throws Exception {
    return database
        .text("select count(*) from pg_replication_slots where slot_name = '" + slot + "'")
        .equals("1");
  }

  /** As an operator: which slot keeps most, why, what helps; and away with it. */
  @Test
  void leadsFromTheWarningToTheSlotAndItsEnd() throws Exception {
    make("delta_kept");
    make("delta_other");
    try (StreamClient client = new StreamClient(program.streamUrl("delta_other"))) {
      database.execute(
          "insert into orders select i, repeat('x', 1000) from generate_series(1, 5000) i");
      client.nextWithChange();
      open("");
      browser.awaitText(SENTENCE, "delta_kept keeps");
      browser.awaitText("table tbody tr:first-child", "no client");
      browser.awaitText("table tbody tr:first-child", "of 1.0 GB");
      takePicture();
      browser.press("delta_kept");

      browser.awaitText("h1", "delta_kept");
      browser.awaitText("pre", "SELECT pg_drop_replication_slot('delta_kept');");
      browser.find("#chart canvas");
      browser.press("Copy the SQL");
      browser.awaitText(".notice", text -> text.contains("Copied") || text.contains("Selected"));

      browser.press("Drop…");
      assertThat(browser.find("dialog[open] button").getText()).isEqualTo("Cancel");
      browser.type("dialog[open] input", "delta_other", Keys.ENTER);
      browser.awaitText("dialog[open] .bad", "That is not delta_kept");
      assertThat(isThere("delta_kept")).isTrue();
      browser.find("dialog[open] input").clear();
      browser.type("dialog[open] input", "delta_kept");
      browser.press("Drop delta_kept");
      await("its end").atMost(SOON).until(() -> !isThere("delta_kept"));
      browser.awaitText("h1", "Overview");
      browser.awaitText(".notice", "delta_kept was dropped");
      browser.awaitText(SENTENCE, "All is well");
    } finally {
      drop("delta_kept");
      drop("delta_other");
    }
  }

  /** For the documents, where it is asked for. */
  private void takePicture() throws Exception {
    String file = System.getProperty("pgdelta.test.picture", "");
    if (!file.isEmpty()) {
      browser.setWidth(1100);
      browser.awaitText("tbody", "/s");
      await("a line of some seconds").during(Duration.ofSeconds(8)).atMost(SOON).until(() -> true);
      browser.picture(Path.of(file));
    }
  }

  @Test
  void closesAClientAndAdvancesASlot() throws Exception {
    make("delta_moved");
    try (StreamClient client = new StreamClient(program.streamUrl("delta_moved"))) {
      open("#/slot/delta_moved");
      browser.press("Close its client…");
      browser.press("Close the client of delta_moved");
      assertThat(client.closed().code()).isEqualTo(4008);
      browser.press("Advance to now…");
      browser.type("dialog[open] input", "delta_moved", Keys.ENTER);
      browser.awaitText(".notice", "delta_moved went from");
    } finally {
      drop("delta_moved");
    }
  }

  @Test
  void showsChangesAsTheyCome() throws Exception {
    open("#/tail");
    browser.press("Follow");
    browser.awaitText(".buttons [role=status]", "connected");
    database.execute("insert into orders values (-1, 'open'), (-2, '<b>bold</b>')");
    browser.awaitText(CHANGES, "insert public.orders [\"-2\",\"<b>bold</b>\"]");
    browser.awaitText(CHANGES, "[\"-1\",\"open\"]");

    browser.type("input[type=search]", "bold");
    browser.awaitText(CHANGES, text -> !text.contains("open"));
    browser.find("input[type=search]").clear();
    browser.type("input[type=search]", "x", Keys.BACK_SPACE);

    browser.press("Pause");
    database.execute("insert into orders values (-3, 'unseen')");
    browser.awaitText("main", "1 message not shown");
    browser.press("Go on");
    database.execute("delete from orders where id < 0");
    browser.awaitText(CHANGES, "delete public.orders [\"-1\"]");
    assertThat(browser.find(CHANGES).getText()).doesNotContain("unseen");

    browser.press("The same in a terminal");
    browser.awaitText("details", "/v1/feeds/main/stream");
    browser.find("select option:last-child").click(); // a temporary slot
    await("its stream")
        .atMost(SOON)
        .until(
            () ->
                "1"
                    .equals(
                        database.text(
                            "select count(*) from pg_replication_slots where temporary and active")));
    browser.awaitText(".buttons [role=status]", "connected");
    await("its row")
        .atMost(SOON)
        .until(
            () -> {
              database.execute(
                  "insert into orders values (-4, 'temporary') on conflict (id) do update set status = 'temporary'");
              return browser.find(CHANGES).getText().contains("temporary");
            });
    browser.press("Stop");
    browser.awaitText(".buttons [role=status]", "not connected");
    await("its end")
        .atMost(SOON)
        .until(
            () ->
                "0"
                    .equals(
                        database.text(
                            "select count(*) from pg_replication_slots where temporary")));
    database.execute("delete from orders");
  }

  @Test
  void showsFeedDoctorAndAbout() throws Exception {
    program.post("/v1/init?slotName=delta_seen", "");
    open("#/feed/main");
    browser.awaitText("main", "delta_feed_main");
    browser.awaitText("pre", "curl -N -H 'Accept: text/event-stream' " + address());
    browser.press("delta_feed_main");
    browser.awaitText("h1", "delta_feed_main");
    assertThat(browser.has("Drop…")).as("a feed's slot is dropped with its feed").isFalse();
    browser.press("Doctor");
    browser.awaitText("main", "found nothing");
    browser.awaitText("main", "Examined");
    browser.press("About");
    browser.awaitText("main", "pgdelta.database-password");
    browser.awaitText("main", "Apache Tomcat");
    drop("delta_seen");
  }

  @Test
  void goesOnWhereAFeedInKafkaHasLostChanges() throws Exception {
    program.close();
    try (Broker broker = Broker.start(directory.resolve("broker"))) {
      KafkaTopics.make(broker, "pgdelta.lost"); // empty, behind a slot that is confirmed
      database.execute("create publication p for table orders");
      database.execute("select pg_create_logical_replication_slot('delta_feed_lost', 'pgoutput')");
      program = program("-Dpgdelta.kafka=" + broker.address(), "-Dpgdelta.publications=p");
      program.get("/v1/feeds/lost");
      open("#/feed/lost");
      browser.awaitText(".lead", "journal lost");
      browser.awaitText(SENTENCE, "Feed lost stands still: pgdelta.lost ends at 0/0");
      browser.press("Accept the gap…");
      browser.type("dialog[open] input", "main", Keys.ENTER);
      browser.awaitText("dialog[open] .bad", "That is not lost");
      browser.find("dialog[open] input").clear();
      browser.type("dialog[open] input", "lost", Keys.ENTER);
      browser.awaitText(".notice", "Feed lost goes on");
      browser.awaitText(".lead", "leading");
      program.delete("/v1/feeds/lost?force=true");
    } finally {
      program.close();
      database.execute("drop publication p");
      program = program();
    }
  }

  @Test
  void goesOnAfterTheServerWasAway() throws Exception {
    open("");
    browser.awaitText(SENTENCE, text -> !text.contains("Asking"));
    program.kill();
    browser.awaitText(SENTENCE, "This server does not answer");
    program = program();
    browser.awaitText(SENTENCE, text -> !text.contains("does not answer"));
  }

  @Test
  void asksForATokenAndOffersWhatItMayDo() throws Exception {
    program.close();
    program = program("-Dpgdelta.tokens=all", "-Dpgdelta.monitor-tokens=look");
    try {
      open("#/feed/main");
      browser.type("dialog[open] input", "wrong", Keys.ENTER);
      browser.awaitText(SENTENCE, "A valid token is needed");
      browser.type("dialog[open] input", "look", Keys.ENTER);
      browser.press("Tail");
      browser.awaitText("main", "Your token may not see rows");
      browser.press("Overview");
      browser.awaitText("main", "Subscribers");
      assertThat(browser.run("return localStorage.length + location.href"))
          .asString()
          .startsWith("0")
          .doesNotContain("look");

      browser.run("sessionStorage.clear()");
      open("#/tail");
      browser.type("dialog[open] input", "all", Keys.ENTER);
      browser.press("Follow");
      browser.awaitText(".buttons [role=status]", "connected");
    } finally {
      browser.run("sessionStorage.clear()");
      program.close();
      program = program();
    }
  }

  @Test
  void isUsableWithTheKeyboardAlone() throws Exception {
    make("delta_keys");
    open("");
    browser.find("table");
    browser.tab();
    assertThat(browser.focused().getText()).isEqualTo("To the content");
    browser.focused().sendKeys(Keys.ENTER);
    browser.tab();
    assertThat(browser.focused().getText()).startsWith("delta_");
    browser.focused().sendKeys(Keys.ENTER);
    browser.awaitText("h1", "delta_");
    await("the heading's focus")
        .atMost(SOON)
        .until(() -> browser.focused().getTagName().equals("h1"));
    open("#/slot/delta_keys");
    browser.press("Drop…");
    await("the safe choice").atMost(SOON).until(() -> browser.focused().getText().equals("Cancel"));
    browser.focused().sendKeys(Keys.ESCAPE);
    browser.awaitNo("dialog");
    assertThat(isThere("delta_keys")).isTrue();
    drop("delta_keys");
  }

  @Test
  void isForEverybodyInEachWidthAndLight() throws Exception {
    make("delta_look");
    try {
      for (String page : PAGES) {
        for (boolean dark : List.of(false, true)) {
          browser.setDark(dark);
          open(page);
          browser.find("main section, main .buttons, main table");
          assertThat(browser.accessibilityViolations()).as("%s, dark: %s", page, dark).isEmpty();
          for (int width : List.of(390, 768, 1280)) {
            browser.setWidth(width);
            assertThat(browser.overflow()).as("%s at %d", page, width).isLessThanOrEqualTo(0);
          }
        }
      }
    } finally {
      browser.setDark(false);
      drop("delta_look");
    }
  }

  /** The policy is in force, and the first page is small. */
  @Test
  void runsNothingOfOthersAndIsSmall() throws Exception {
    open("");
    browser.find("table, .code");
    String refused =
        browser.run(
            """
            return new Promise(done => {
              document.addEventListener('securitypolicyviolation', e => done(e.violatedDirective))
              const image = document.createElement('img')
              image.src = 'http://example.invalid/x.png'
              document.body.append(image)
            })""");
    assertThat(refused).isEqualTo("img-src");
    browser.complaints(); // of this
    long bytes =
        Long.parseLong(
            browser.run(
                "return performance.getEntriesByType('resource').filter(one => one.initiatorType !=="
                    + " 'fetch').reduce((sum, one) => sum + one.encodedBodySize, 0)"));
    assertThat(bytes).isBetween(10_000L, 100_000L);
  }
}
