package org.pgdeltastream.launch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** README's web page, as it stands there but for names, from another origin. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class ReadmePageIT extends BrowserStory {
  private static final Duration SOON = Duration.ofSeconds(60);

  @Test
  void showsRowsAndThenEachChange() throws Exception {
    HttpServer pages =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    String origin = "http://localhost:" + pages.getAddress().getPort();
    byte[] page = page().getBytes(UTF_8);
    pages.createContext(
        "/",
        call -> {
          try (call) {
            call.getResponseHeaders().add("Content-Type", "text/html");
            call.sendResponseHeaders(200, page.length);
            call.getResponseBody().write(page);
          }
        });
    pages.start();
    try {
      program.close();
      program = program("-Dpgdelta.origins=" + origin);
      database.execute("insert into orders values (1, 'new'), (2, '<b>')");
      browser.open(origin + "/");
      awaitCells("1,new,2,<b>");
      database.execute("update orders set status = 'done' where id = 1");
      database.execute("update orders set id = 3 where id = 2");
      awaitCells("1,done,3,<b>");
      database.execute("delete from orders where id = 1");
      awaitCells("3,<b>");
      database.execute("truncate orders");
      awaitCells("");
    } finally {
      browser.open("about:blank");
      pages.stop(0);
    }
  }

  private String page() throws Exception {
    Matcher block =
        Pattern.compile("(?s)\n```html\n(.*?)```\n")
            .matcher(Files.readString(Path.of("README.md")));
    assertThat(block.find()).isTrue();
    return block
        .group(1)
        .replace("http://127.0.0.1:12312", address())
        .replace("'demo'", "'main'")
        .replace("test_table", "orders");
  }

  private void awaitCells(String cells) {
    await("the cells " + cells)
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(
                        browser.run(
                            "return [...document.querySelectorAll('td')].map(one => one.textContent).join()"))
                    .isEqualTo(cells));
  }
}
