package org.pgdeltastream.launch.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pgdeltastream.support.Java;
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.ServerClient;
import org.pgdeltastream.support.TestDatabase;

/** The runnable jar's commands, most of them in this process, against a running one. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class CommandsIT {
  private static final Duration SOON = Duration.ofSeconds(60);

  /** What a command has said. */
  private record Answer(int status, String out, String err) {}

  private TestDatabase database;
  private Program program;
  private String url;
  private final List<Process> started = new ArrayList<>();
  private Path directory;

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    database = TestDatabase.embedded(Map.of("max_slot_wal_keep_size", "1GB"));
    database.execute("create table orders (id int primary key, status text)");
    program =
        Program.start(
            database,
            database.port(),
            "256m",
            directory,
            "-Dpgdelta.feeds=main",
            "-Dpgdelta.tokens=secret-1");
    url = program.streamUrl("").replaceFirst("^ws", "http").replaceFirst("/v1/.*", "");
  }

  @AfterAll
  void stop() throws Exception {
    program.close();
    database.close();
  }

  @BeforeEach
  void emptyTable() throws Exception {
    database.execute("truncate orders");
  }

  @AfterEach
  void end() throws Exception {
    for (Process process : started) {
      process.destroyForcibly().waitFor();
    }
    started.clear();
    run("drop", "delta_cli", "--yes", "--force");
  }

  private Answer run(String command, String... more) throws Exception {
    return run(Map.of("PGDELTA_TOKEN", "secret-1"), command, more);
  }

  private Answer run(Map<String, String> environment, String command, String... more)
      throws Exception {
    List<String> arguments = new ArrayList<>(List.of(command, url));
    arguments.addAll(List.of(more));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int status =
        RemoteCommands.run(
            arguments.toArray(new String[0]),
            environment::get,
            new PrintStream(out, false, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    assertThat(out + "" + err).doesNotContain("secret-1");
    return new Answer(
        status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** As its user starts it; what it says goes to a file. */
  private Process start(Path output, String... arguments) throws Exception {
    List<String> command = Java.command();
    command.addAll(List.of("-jar", System.getProperty("pgdelta.test.jar", "")));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().put("PGDELTA_TOKEN", "secret-1");
    started.add(builder.start());
    return started.get(started.size() - 1);
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String walPosition() throws Exception {
    return database.text("select pg_current_wal_insert_lsn()");
  }

  @Test
  void fromInitToDrop() throws Exception {
    Answer made = run("init", "delta_cli");
    assertThat(made).isEqualTo(new Answer(0, "delta_cli\n", made.err()));
    assertThat(run("init", "delta_cli").status()).as("it is there").isEqualTo(1);

    database.execute("insert into orders values (1, 'new'), (2, 'a b')");
    database.execute("update orders set status = 'done' where id = 1");
    String all =
        """
        INSERT public.orders id=1 status="new"
        INSERT public.orders id=2 status="a b"
        UPDATE public.orders id=1 status="done"
        """;
    Answer looked = run("tail", "--slot", "delta_cli", "--count", "2");
    assertThat(looked).isEqualTo(new Answer(0, all, ""));
    Answer again = run("tail", "--slot=delta_cli", "--count=1", "--acknowledge");
    assertThat(again.out()).as("it was not acknowledged").startsWith("INSERT").hasLineCount(2);
    Answer rest = run("tail", "--slot", "delta_cli", "--until", walPosition(), "--acknowledge");
    assertThat(rest).isEqualTo(new Answer(0, "UPDATE public.orders id=1 status=\"done\"\n", ""));

    await("a reading without its client")
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(run("slots").out())
                    .contains("SLOT", "delta_feed_main")
                    .containsPattern("delta_cli +pgoutput +none "));
    assertThat(ServerClient.array(run("slots", "--format", "json").out())).isNotEmpty();

    assertThat(run("drop", "delta_cli", "--yes")).isEqualTo(new Answer(0, "", ""));
    Answer gone = run("drop", "delta_cli", "--yes");
    assertThat(gone.status()).isEqualTo(1);
    assertThat(gone.err()).startsWith("pgdeltastream: ").hasLineCount(1);
    Answer lost = run("tail", "--slot", "delta_cli");
    assertThat(lost.status()).isEqualTo(1);
    assertThat(lost.err()).contains("4500", "slot_not_found").hasLineCount(1);
  }

  @Test
  void printsMessagesAsTheyAreAndForPeople() throws Exception {
    run("init", "delta_cli");
    database.execute("insert into orders values (1, 'new')");
    Answer json = run("tail", "--slot", "delta_cli", "--count", "1", "--format", "json");
    assertThat(json.out()).startsWith("{\"nextlsn\":\"").hasLineCount(1);
    Answer more =
        run(
            "tail",
            "--slot",
            "delta_cli",
            "--count",
            "1",
            "--format",
            "json",
            "--option",
            "include-xids=1");
    assertThat(more.out()).contains("\"xid\":");
    Answer pretty = run("tail", "--slot", "delta_cli", "--count", "1", "--format", "pretty");
    assertThat(pretty.out())
        .matches(
            "[0-9A-F]+/[0-9A-F]+\n  INSERT public.orders\n    id      1\n    status  \"new\"\n");
    Answer option = run("tail", "--slot", "delta_cli", "--option", "no-such=1");
    assertThat(option.status()).isEqualTo(1);
    assertThat(option.err()).contains("no-such");
  }

  @Test
  void followsAFeed() throws Exception {
    String before = walPosition();
    database.execute("insert into orders values (1, 'new')");
    database.execute("insert into orders values (2, 'new')");
    Answer answer =
        run(
            "tail",
            "--feed",
            "main",
            "--from",
            before,
            "--until",
            walPosition(),
            "--tables",
            "public.orders");
    assertThat(answer.err()).isEmpty();
    assertThat(answer.out())
        .as(before + answer)
        .isEqualTo(
            "INSERT public.orders id=1 status=\"new\"\nINSERT public.orders id=2 status=\"new\"\n");
    Answer refetch = run("tail", "--feed", "main", "--from", "00000000.1.00000000.0/1");
    assertThat(refetch.status()).isEqualTo(1);
    assertThat(refetch.err()).contains("system", "Read the rows again");
  }

  @Test
  void readsAWholeTableAndLeavesNoSlot() throws Exception {
    database.execute("insert into orders select i, 'x\ny' from generate_series(1, 2000) i");
    Answer rows = run("snapshot", "orders", "--progress");
    assertThat(rows.status()).as(rows.err()).isZero();
    assertThat(rows.out())
        .hasLineCount(2000)
        .contains("{\"id\":2000,\"status\":\"x\\ny\"}")
        .doesNotContain("complete");
    assertThat(rows.err()).contains("2,000 rows");
    Answer csv = run("snapshot", "public.orders", "--format", "csv", "--columns", "id");
    assertThat(csv.out()).startsWith("id\n1\n").endsWith("\n2000\n").hasLineCount(2001);
    assertThat(csv.err()).isEmpty();
    Answer some = run("snapshot", "orders", "--rows", "id=in.(7,2001)");
    assertThat(some.out()).isEqualTo("{\"id\":7,\"status\":\"x\\ny\"}\n");
    Answer absent = run("snapshot", "absent");
    assertThat(absent.status()).isEqualTo(1);
    assertThat(absent.err()).contains("absent");
    assertThat(run("slots").out()).hasLineCount(2).contains("delta_feed_main");

    run("init", "delta_cli");
    database.execute("delete from orders");
    assertThat(run("snapshot", "orders", "--slot", "delta_cli").out()).hasLineCount(2000);
  }

  @Test
  void saysWhyItIsNotLetIn() throws Exception {
    for (Map<String, String> environment :
        List.of(Map.<String, String>of(), Map.of("PGDELTA_TOKEN", "wrong"))) {
      for (String command : List.of("slots", "tail", "init")) {
        Answer answer = run(environment, command);
        assertThat(answer.status()).isEqualTo(1);
        assertThat(answer.err()).contains("token").hasLineCount(1);
        assertThat(answer.out()).isEmpty();
      }
    }
    assertThat(run(Map.of("PGDELTA_TOKENS", "secret-1, other"), "slots").status()).isZero();
  }

  @Test
  void aTailEndsAtCtrlCAndComesBackIfItIsToldTo() throws Exception {
    Path output = directory.resolve("tail");
    Process tail = start(output, "tail", url, "--tables", "public.orders");
    await("the tail's slot")
        .atMost(SOON)
        .until(
            () ->
                database
                    .text("select count(*) from pg_replication_slots where temporary and active")
                    .equals("1"));
    database.execute("insert into orders values (1, 'new')");
    await("the change").atMost(SOON).until(() -> text(output).contains("id=1"));
    assertThat(tail.toHandle().destroy()).isTrue();
    assertThat(tail.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(tail.exitValue()).isZero();
    assertThat(text(output)).isEqualTo("INSERT public.orders id=1 status=\"new\"\n");

    run("init", "delta_cli");
    Path back = directory.resolve("back");
    Process again = start(back, "tail", url, "--slot", "delta_cli", "--acknowledge", "--reconnect");
    Path lost = directory.resolve("lost");
    database.execute("insert into orders values (2, 'new')");
    await("the change").atMost(SOON).until(() -> text(back).contains("id=2"));
    Process brief = start(lost, "tail", url, "--feed", "main");
    await("its feed").atMost(SOON).until(() -> subscribers().equals("1"));
    closeClient();
    database.execute("insert into orders values (3, 'new')");
    await("the next one").atMost(SOON).until(() -> text(back).contains("id=3"));
    assertThat(text(back).lines().filter(line -> line.startsWith("INSERT")))
        .containsExactly(
            "INSERT public.orders id=2 status=\"new\"", "INSERT public.orders id=3 status=\"new\"");
    assertThat(text(back)).contains("4008", "trying again");
    again.destroy();

    dropFeed();
    assertThat(brief.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(text(lost)).contains("4500");
    assertThat(brief.exitValue()).isEqualTo(1);
  }

  private String subscribers() throws Exception {
    String feed = api().get("/v1/feeds/main").body();
    return String.valueOf(ServerClient.object(feed).getInt("subscribers"));
  }

  private void closeClient() throws Exception {
    assertThat(api().post("/v1/slots/delta_cli/close", "application/json", "").statusCode())
        .isEqualTo(204);
  }

  private void dropFeed() throws Exception {
    assertThat(api().delete("/v1/feeds/main?force=true").statusCode()).isEqualTo(204);
    assertThat(api().put("/v1/feeds/main", "").statusCode()).isEqualTo(201);
  }

  private ServerClient api() {
    return new ServerClient(url, "Authorization", "Bearer secret-1");
  }

  @Test
  void saysThatNobodyAnswers() throws Exception {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    for (String command : List.of("slots", "tail", "init")) {
      int status =
          RemoteCommands.run(
              new String[] {command, "http://127.0.0.1:1"},
              Map.<String, String>of()::get,
              new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
              new PrintStream(err, true, StandardCharsets.UTF_8));
      assertThat(status).isEqualTo(3);
    }
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("127.0.0.1:1").hasLineCount(3);
  }
}
