package org.pgdeltastream.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.support.Installed;
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.TestDatabase;

/** The programs of src/docs/clients.md run as they stand there, but for the port. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class GuidesIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int MOST_LINES = 29;

  @TempDir Path directory;
  private TestDatabase database;
  private Program program;
  private String url;
  private final List<Process> started = new ArrayList<>();
  private Path output;

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    database = TestDatabase.embedded();
    database.execute("create table test_table (id bigint primary key, name text)");
    program = Program.start(database, database.port(), "256m", temporary, "-Dpgdelta.feeds=demo");
    url = program.streamUrl("").replaceFirst("^ws", "http").replaceFirst("/v1/.*", "");
  }

  @AfterAll
  void stop() throws Exception {
    program.close();
    database.close();
  }

  @BeforeEach
  void fillTable() throws Exception {
    output = directory.resolve("output");
    database.execute("truncate test_table");
    database.execute("insert into test_table select i, 'new' from generate_series(1, 5) i");
  }

  @AfterEach
  void end() throws Exception {
    stopGuides();
    program.delete("/v1/slots/delta_guide?force=true");
  }

  private void stopGuides() throws InterruptedException {
    for (Process guide : started) {
      guide.descendants().forEach(ProcessHandle::destroyForcibly);
      guide.destroyForcibly().waitFor();
    }
    started.clear();
  }

  /** The first program below a heading. */
  private static String program(String heading) throws IOException {
    String text = Files.readString(Path.of("src/docs/clients.md"));
    Matcher block =
        Pattern.compile("(?s)\n### " + heading + "\n.*?\n```[a-z]+\n(.*?\n)```\n").matcher(text);
    assertThat(block.find()).as(heading).isTrue();
    return block.group(1);
  }

  private void run(String heading, String file, String... command) throws IOException {
    String text = program(heading).replace("http://127.0.0.1:12312", url);
    Files.writeString(directory.resolve(file), text);
    started.add(
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start());
  }

  private void soon(String what, Callable<Boolean> condition) {
    await(what)
        .atMost(SOON)
        .until(
            () -> {
              assertThat(started).as(() -> "it runs: " + said()).allMatch(Process::isAlive);
              return condition.call();
            });
  }

  private String said() {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private boolean said(String line) {
    return said().lines().anyMatch(line::equals);
  }

  /** Those that print how many rows there are. */
  private void keepsTheTable() throws Exception {
    database.execute("insert into test_table values (6, 'a'), (7, 'b')");
    soon("seven rows", () -> said("7 rows"));
    database.execute("update test_table set name = 'c' where id = 6");
    database.execute("delete from test_table where id < 4");
    soon("four rows", () -> said("4 rows"));
    database.execute(
        "update test_table set id = 100 where id = 7; delete from test_table where id = 100");
    soon("three rows", () -> said("3 rows"));
    database.execute("truncate test_table");
    database.execute("insert into test_table values (8, 'd')");
    soon("one row", () -> said("1 rows"));
  }

  @Test
  void java() throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    run(
        "Java",
        "Guide.java",
        java,
        "-cp",
        System.getProperty("pgdelta.test.client", ""),
        "Guide.java");
    soon("its stream", () -> program.get("/v1/slots/delta_guide").body().contains("\"since\""));
    keepsTheTable();
  }

  @Test
  void javaScript() throws Exception {
    Installed.wants("node", "install it", "GuidesIT");
    Files.copy(
        Path.of("src/main/webapp/client/pgdeltastream.js"), directory.resolve("pgdeltastream.js"));
    Files.writeString(directory.resolve("package.json"), "{\"type\":\"module\"}");
    run("JavaScript", "guide.js", "node", "guide.js");
    soon("its rows", () -> said("5 rows"));
    keepsTheTable();
  }

  @Test
  void python() throws Exception {
    Installed.needs("python3", "install python3 (Debian)", "GuidesIT");
    run("Python", "guide.py", "python3", "guide.py");
    soon("its feed", () -> followers() > 0);
    keepsTheTable();
  }

  @Test
  void curl() throws Exception {
    Installed.needs("curl", "install curl (Debian)", "GuidesIT");
    run("curl", "guide", "bash", "guide");
    Path changes = directory.resolve("changes.ndjson");
    soon("the rows", () -> Files.exists(changes) && followers() > 0);
    assertThat(Files.readString(directory.resolve("rows.ndjson")))
        .contains("{\"id\":5,\"name\":\"new\"}", "{\"complete\":true,\"rows\":5}");
    database.execute("insert into test_table values (6, 'a')");
    database.execute("delete from test_table where id = 1");
    soon("two changes", () -> Files.readString(changes).lines().count() >= 2);
    assertThat(Files.readString(changes)).contains("[6,\"a\"]", "\"keyvalues\":[1]");
    stopGuides();
    Files.writeString(directory.resolve("position"), "00000000.1.00000000.0/1"); // of another one
    database.execute("insert into test_table values (9, 'z')");
    run("curl", "guide", "bash", "guide");
    soon(
        "the rows anew",
        () -> Files.readString(directory.resolve("rows.ndjson")).contains("\"rows\":6}"));
  }

  @Test
  void go() throws Exception {
    Installed.wants("go", "install it", "GuidesIT");
    run("Go", "guide.go", "go", "run", "guide.go");
    soon("its feed", () -> followers() > 0);
    database.execute("insert into test_table values (6, 'a')");
    soon("the change", () -> said().contains("insert"));
  }

  private int followers() throws Exception {
    Matcher count =
        Pattern.compile("\"subscribers\":(\\d+)").matcher(program.get("/v1/feeds/demo").body());
    return count.find() ? Integer.parseInt(count.group(1)) : 0;
  }

  @ParameterizedTest
  @ValueSource(strings = {"curl", "JavaScript", "Java", "Python", "Go"})
  void isShort(String heading) throws Exception {
    assertThat(program(heading).lines().count()).isLessThanOrEqualTo(MOST_LINES);
  }
}
