package org.pgdeltastream.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.pgdeltastream.support.FaultProxy;
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.TestDatabase;

/** The jar's pool of connections, when PostgreSQL is silent or all of them are in use. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
@Execution(ExecutionMode.CONCURRENT) // each test waits, with a server of its own
class SilentDatabaseIT {
  private static final String PAGE = "{\"table\":\"t\",\"limit\":10}";
  private static final int POOL = 32;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path directory;

  private final ExecutorService clients = Executors.newCachedThreadPool();

  @Test
  void answersWithinHalfAMinuteAndGivesThePoolItsConnectionsBack() throws Exception {
    try (TestDatabase database = TestDatabase.embedded();
        FaultProxy proxy = FaultProxy.to(database.port());
        Program program = Program.start(database, proxy.port(), "256m", directory)) {
      database.execute("create table t as select generate_series(1, 5) as id");
      assertThat(program.get("/v1/init?plugin=pgoutput").statusCode()).isEqualTo(200);
      List<CompletableFuture<String>> pages = pages(program, 4);
      assertThat(pages).allSatisfy(page -> assertThat(page.join()).startsWith("200"));

      proxy.freeze();
      long start = System.nanoTime();
      pages = pages(program, 4); // idle connections of the pool are looked at first
      assertThat(pages)
          .allSatisfy(page -> assertThat(page.join()).startsWith("503").contains("upstream_"));
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(29));

      proxy.thaw();
      assertThat(pages(program, POOL))
          .allSatisfy(page -> assertThat(page.join()).startsWith("200"));
    } finally {
      clients.shutdownNow();
    }
  }

  @Test
  void saysAfterTenSecondsThatThePoolIsInUse() throws Exception {
    try (TestDatabase database = TestDatabase.embedded();
        Program program = Program.start(database, "256m", directory);
        Connection other = database.connect();
        Statement statement = other.createStatement()) {
      database.execute("create table t as select generate_series(1, 5) as id");
      assertThat(program.get("/v1/init?plugin=pgoutput").statusCode()).isEqualTo(200);
      statement.execute("begin; lock table t");

      long start = System.nanoTime();
      List<CompletableFuture<String>> pages = pages(program, POOL + 1);
      String first =
          CompletableFuture.anyOf(pages.toArray(new CompletableFuture<?>[0])).join().toString();
      assertThat(first).startsWith("503").contains("upstream_busy", "pool");
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isBetween(Duration.ofSeconds(9), Duration.ofSeconds(26));
      statement.execute("rollback");
      assertThat(pages.stream().map(CompletableFuture::join).filter(page -> page.startsWith("200")))
          .hasSize(POOL);
    } finally {
      clients.shutdownNow();
    }
  }

  private List<CompletableFuture<String>> pages(Program program, int count) {
    List<CompletableFuture<String>> pages = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      pages.add(CompletableFuture.supplyAsync(() -> page(program), clients));
    }
    return pages;
  }

  private static String page(Program program) {
    try {
      HttpResponse<String> answer = program.post("/v1/snapshot/data", PAGE);
      return answer.statusCode() + " " + answer.body();
    } catch (Exception e) {
      return "no answer: " + e;
    }
  }
}
