package org.pgdeltastream.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.support.ServerClient;
import org.pgdeltastream.support.TestDatabase;

/** The runnable jar as its user starts it. */
class StandaloneIT {
  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration STOP = Duration.ofSeconds(20);
  private static final String JAR = System.getProperty("pgdelta.test.jar", "");

  @TempDir Path directory;
  private final List<Process> started = new ArrayList<>();

  @AfterEach
  void endWhatRuns() {
    started.forEach(Process::destroyForcibly);
  }

  @Test
  void startsSaysWhatToTryAndLeavesNothingBehind() throws Exception {
    Process program = start("-serverPort", "0", "--no-demo");
    await().atMost(START).until(() -> output().contains("Ctrl-C stops it") || !program.isAlive());
    assertThat(output())
        .as(errors())
        .contains("/v1/init")
        .contains("-d '{\"table\": \"test_table\", \"offset\":0, \"limit\":10}'")
        .contains("--watch \"ws://127.0.0.1:");
    assertThat(postgresProcesses()).isNotEmpty();

    stop(program);

    await().atMost(STOP).untilAsserted(() -> assertThat(postgresProcesses()).isEmpty());
    assertThat(temporary()).as("temporary directories").isEmpty();
  }

  @Test
  void keepsDataWhereItIsTold() throws Exception {
    Path data = directory.resolve("kept");
    Process program = start("-serverPort", "0", "--data", data.toString());
    await().atMost(START).until(() -> output().contains("Ctrl-C stops it") || !program.isAlive());

    stop(program);

    assertThat(data.resolve("PG_VERSION")).as(errors()).exists();
    assertThat(data.resolve("postmaster.pid")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"p${user.home}\\c#d%41&u=x+ ~${", "cipher:abc", "  "})
  void readsPagesWithAPasswordOfAnyCharacters(String password) throws Exception {
    Path rules = directory.resolve("pg_hba.conf");
    Files.writeString(
        rules,
        "local all all trust\nhost all postgres all trust\nhost all all all scram-sha-256\n");
    try (TestDatabase database = TestDatabase.embedded(Map.of("hba_file", rules.toString()))) {
      database.execute("create table a (id int primary key); insert into a values (1)");
      database.execute("create role delta superuser login password '" + password + "'");
      String address = database.jdbcUrl().replaceAll(".*//|/.*", "");
      Process program =
          start("postgres", address, "127.0.0.1:0", "-user", "delta", "-password", password);
      await().atMost(START).until(() -> output().contains("Ctrl-C stops it") || !program.isAlive());
      Matcher own = Pattern.compile("http://127\\.0\\.0\\.1:\\d+").matcher(output());
      assertThat(own.find()).as(output() + errors()).isTrue();
      ServerClient client = new ServerClient(own.group());
      client.init("");

      assertThat(client.post("/v1/snapshot/data", "application/json", "{\"table\":\"a\"}").body())
          .isEqualTo("[{\"id\":1}]");

      stop(program);
    }
  }

  @Test
  void refusesBadArgumentsInOneLine() throws Exception {
    assertThat(exit(start("-serverPort", "many"))).isEqualTo(2);
    assertThat(errors().lines()).singleElement().asString().contains("-serverPort");
    assertThat(output()).isEmpty();
  }

  @Test
  void saysThatItsPortIsInUse() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThat(exit(start("-serverPort", String.valueOf(taken.getLocalPort())))).isEqualTo(1);
      assertThat(errors().lines())
          .singleElement()
          .asString()
          .contains("Cannot listen on 127.0.0.1:" + taken.getLocalPort());
    }
    assertThat(temporary()).isEmpty();
  }

  @Test
  void helpsWithoutStarting() throws Exception {
    assertThat(exit(start("--help"))).isZero();
    assertThat(output()).startsWith("Usage: java -jar").contains("--no-demo");
  }

  @Test
  void saysItsVersion() throws Exception {
    assertThat(exit(start("--version"))).isZero();
    assertThat(output()).matches("pgdeltastream \\d.*\\R");
  }

  private Process start(String... arguments) throws IOException {
    Path temporary = Files.createDirectories(directory.resolve("temporary"));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Djava.io.tmpdir=" + temporary);
    // Unpacked once for all tests.
    command.add("-Dot.epg.working-dir=" + Path.of(JAR).resolveSibling("it").resolve("postgres"));
    command.addAll(List.of("-jar", JAR));
    command.addAll(Arrays.asList(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(directory.resolve("output").toFile())
            .redirectError(directory.resolve("errors").toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
    Process program = builder.start();
    started.add(program);
    return program;
  }

  private static void stop(Process program) throws InterruptedException {
    assertThat(program.toHandle().destroy()).isTrue();
    assertThat(program.waitFor(STOP.toSeconds(), TimeUnit.SECONDS)).as("ended").isTrue();
  }

  private static int exit(Process program) throws InterruptedException {
    assertThat(program.waitFor(STOP.toSeconds(), TimeUnit.SECONDS)).as("ended").isTrue();
    return program.exitValue();
  }

  private String output() throws IOException {
    return Files.readString(directory.resolve("output"));
  }

  private String errors() throws IOException {
    return Files.readString(directory.resolve("errors"));
  }

  /** The processes of PostgreSQL whose data lie in this test's directory. */
  private List<ProcessHandle> postgresProcesses() {
    return ProcessHandle.allProcesses()
        .filter(
            process ->
                process
                    .info()
                    .commandLine()
                    .filter(line -> line.contains("postgres") && line.contains("-D"))
                    .filter(line -> line.contains(directory.toString()))
                    .filter(line -> !line.contains("-jar"))
                    .isPresent())
        .toList();
  }

  private List<String> temporary() throws IOException {
    try (Stream<Path> entries = Files.list(directory.resolve("temporary"))) {
      return entries
          .map(entry -> entry.getFileName() + "")
          .filter(name -> name.startsWith("pgdeltastream"))
          .toList();
    }
  }
}
