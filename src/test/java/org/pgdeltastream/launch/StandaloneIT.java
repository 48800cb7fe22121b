package org.pgdeltastream.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.support.Java;
import org.pgdeltastream.support.ServerClient;
import org.pgdeltastream.support.TestDatabase;
import org.pgdeltastream.support.UnpackedJar;

/** The runnable jar as its user starts it. */
class StandaloneIT {
  private static final Duration START = Duration.ofMinutes(3);
  private static final Duration STOP = Duration.ofSeconds(60);
  private static final String JAR = System.getProperty("pgdelta.test.jar", "");

  private static final Pattern BUSY =
      Pattern.compile(
          "(?s)HTTP/1.1 503 .*\r\nRetry-After: 1\r\n.*\r\nContent-Type: application/json.*"
              + "\\{\"error\":\"[^\"]+\",\"code\":\"(\\w+)\",\"retry\":true,\"hint\":\"[^\"]+\"}");

  @TempDir Path directory;
  private final List<Process> started = new ArrayList<>();
  private boolean sharedBinaries = true;
  private boolean unpackedBefore = true;

  @AfterEach
  void endWhatRuns() {
    started.forEach(Process::destroyForcibly);
  }

  @Test
  void startsSaysWhatToTryAndLeavesNothingBehind() throws Exception {
    Process program = start("-serverPort", "0", "--no-demo");
    awaitStart(program);
    assertThat(output())
        .as(errors())
        .contains("/v1/init")
        .contains("-d '{\"table\": \"test_table\", \"offset\":0, \"limit\":10}'")
        .containsPattern("tail http://127.0.0.1:\\d+ --slot delta_demo");
    assertThat(postgresProcesses()).isNotEmpty();

    stop(program);

    await().atMost(STOP).untilAsserted(() -> assertThat(postgresProcesses()).isEmpty());
    assertThat(temporary()).isEmpty();
    assertThat(directory.resolve("here")).isEmptyDirectory();
  }

  @Test
  void keepsDataWhereItIsTold() throws Exception {
    Path data = directory.resolve("kept");
    Process program = start("-serverPort", "0", "--data", data.toString());
    awaitStart(program);

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

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-Dpgdelta.hold=soon",
        "-Dpgdelta.websocket=none",
        "-Dpgdelta.open=yes",
        "-Dpgdelta.origins=*",
        "-Dpgdelta.tokens=my secret"
      })
  void saysInOneLineWhichSettingIsNotOfItsForm(String setting) throws Exception {
    Process program = start(List.of(setting), "postgres", "localhost:1", "localhost:0");
    assertThat(exit(program)).isEqualTo(1);
    assertThat(errors().lines())
        .singleElement()
        .asString()
        .startsWith("pgdeltastream: Setting " + setting.substring(2, setting.indexOf('=')));
  }

  @Test
  void saysInOneLineWhichSettingThereIsNot() throws Exception {
    Process program = start(List.of("-Dpgdelta.token=x"), "postgres", "localhost:1", "localhost:0");
    assertThat(exit(program)).isEqualTo(1);
    assertThat(errors().lines())
        .containsExactly(
            "pgdeltastream: There is no setting pgdelta.token; did you mean pgdelta.tokens?");
  }

  @Test
  void saysThatAnAddressIsNotOfThisMachine() throws Exception {
    assertThat(exit(start("-serverHost", "192.0.2.1"))).isEqualTo(1); // RFC 5737: nobody's
    assertThat(errors().lines())
        .singleElement()
        .asString()
        .contains("Cannot listen on 192.0.2.1:12312", "-serverHost")
        .doesNotContain("-serverPort");
  }

  /** Languages with digits or letters of their own. The stream's port is asked as ever. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "-Duser.language=fa -Duser.country=IR",
        "-Duser.language=ar -Duser.country=EG",
        "-Duser.language=tr -Duser.country=TR",
        "-Duser.language=th -Duser.country=TH -Duser.extensions=nu-thai",
        "-Dfile.encoding=windows-1256 -Duser.timezone=Asia/Kathmandu",
      })
  void startsInAnyLanguageEncodingAndTimeZone(String settings) throws Exception {
    Process program = start(List.of(settings.split(" ")), "postgres", "localhost:1", "localhost:0");
    awaitStart(program);
    assertThat(output()).as(errors()).containsPattern("http://localhost:[0-9]+/v1/init");
    stop(program);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void removesAtItsStartWhatAKilledRunHasLeft(boolean keepingData) throws Exception {
    String[] arguments =
        keepingData
            ? new String[] {"-serverPort", "0", "--data", directory.resolve("kept").toString()}
            : new String[] {"-serverPort", "0"};
    Process killed = start(arguments);
    awaitStart(killed);
    assertThat(output()).as(errors()).contains("Ctrl-C stops it");
    List<ProcessHandle> left = postgresProcesses();
    assertThat(left).isNotEmpty();
    killed.destroyForcibly().waitFor();

    Process next = start(arguments);
    awaitStart(next);

    assertThat(output()).as(errors()).contains("Ctrl-C stops it");
    assertThat(left).noneMatch(ProcessHandle::isAlive);
    assertThat(temporary()).as("the second run's").hasSize(1);
    stop(next);
    assertThat(temporary()).isEmpty();
  }

  @Test
  void unpacksOnceForAllStartsAlsoWhereAFileIsLost() throws Exception {
    unpackedBefore = false;
    Process first = start("postgres", "localhost:1", "localhost:0");
    awaitStart(first);
    Process beside = start("postgres", "localhost:1", "localhost:0");
    awaitStart(beside);
    assertThat(temporary()).hasSize(2);
    List<Path> jars = unpacked();
    Instant then = Files.getLastModifiedTime(jars.get(0)).toInstant();
    stop(first);
    stop(beside);
    Files.delete(jars.get(1));
    Files.writeString(jars.get(2), "not whole");

    Process next = start("postgres", "localhost:1", "localhost:0");
    awaitStart(next);

    assertThat(output()).as(errors()).contains("Ctrl-C stops it");
    assertThat(Files.getLastModifiedTime(jars.get(0)).toInstant()).isEqualTo(then);
    assertThat(unpacked()).containsExactlyElementsOf(jars);
    stop(next);
  }

  @Test
  void unpacksPostgresqlAnewWhereAFileOfItIsLost() throws Exception {
    sharedBinaries = false;
    unpackedBefore = false;
    Process first = start("-serverPort", "0", "--no-demo");
    awaitStart(first);
    stop(first);
    try (Stream<Path> files = Files.walk(directory.resolve("temporary"))) {
      Path initdb = files.filter(file -> file.endsWith("bin/initdb")).findFirst().orElseThrow();
      Files.writeString(initdb, "");
    }

    Process next = start("-serverPort", "0", "--no-demo");
    awaitStart(next);

    assertThat(output()).as(errors()).contains("Ctrl-C stops it");
    stop(next);
  }

  /** A directory that others could write to, or have made, is not trusted with what is run. */
  @Test
  void takesADirectoryOfItsOwnWhereAnotherUserCouldHavePlantedFiles() throws Exception {
    Path planted = Files.createDirectories(directory.resolve("temporary").resolve(shared()));
    Files.setPosixFilePermissions(planted, PosixFilePermissions.fromString("rwxrwxrwx"));

    Process program = start("postgres", "localhost:1", "localhost:0");
    awaitStart(program);

    assertThat(output()).as(errors()).contains("Ctrl-C stops it");
    try (Stream<Path> entries = Files.list(planted)) {
      assertThat(entries).isEmpty();
    }
    stop(program);
    try (Stream<Path> entries = Files.list(directory.resolve("temporary"))) {
      assertThat(entries).containsExactly(planted);
    }
  }

  @Test
  void saysInOneLineThatItCannotUnpack() throws Exception {
    String nowhere = directory.resolve("nowhere").toString();
    Process program = start(List.of("-Djava.io.tmpdir=" + nowhere), "postgres", "localhost:1");
    assertThat(exit(program)).isEqualTo(1);
    assertThat(errors().lines())
        .singleElement()
        .asString()
        .startsWith("pgdeltastream: cannot unpack into " + nowhere)
        .contains("-Djava.io.tmpdir=");
  }

  /** Whoever asks meanwhile is told to come again: no page of the container's, at no time. */
  @Test
  void answersOnItsPortFromTheFirstConnectionToTheLast() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Set<String> answers = new LinkedHashSet<>();
    Process program = start("postgres", "localhost:1", "127.0.0.1:" + port);
    while (program.isAlive() && !answers.contains("200")) {
      answers.add(answer(port));
    }
    assertThat(answers).as(errors()).containsExactly("refused", "503 starting", "200");
    await().until(() -> output().contains("Ctrl-C stops it"));

    assertThat(program.toHandle().destroy()).isTrue();
    while (program.isAlive()) {
      answers.add(answer(port));
    }
    answers.removeAll(List.of("refused", "503 starting", "503 upstream_busy", "200"));
    assertThat(answers).isEmpty();
  }

  /** What a client of the port gets; all that it should never get, as it is. */
  private static String answer(int port) {
    String request = "GET /v1/ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
      client.setSoTimeout((int) STOP.toMillis());
      client.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      String text = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      Matcher busy = BUSY.matcher(text);
      return text.startsWith("HTTP/1.1 200 ")
          ? "200"
          : busy.matches() ? "503 " + busy.group(1) : text.isEmpty() ? "refused" : text;
    } catch (IOException e) {
      return "refused"; // or cut off by the end
    }
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

  private void awaitStart(Process program) throws IOException {
    await().atMost(START).until(() -> output().contains("Ctrl-C stops it") || !program.isAlive());
    if (unpackedBefore && program.isAlive()) {
      UnpackedJar.keep(directory.resolve("temporary"));
    }
  }

  private Process start(String... arguments) throws IOException {
    return start(List.of(), arguments);
  }

  private Process start(List<String> settings, String... arguments) throws IOException {
    Path temporary = Files.createDirectories(directory.resolve("temporary"));
    if (unpackedBefore) {
      UnpackedJar.putInto(temporary);
    }
    List<String> command = Java.command();
    command.add("-Djava.io.tmpdir=" + temporary);
    // UnpackedProgram once for all tests but one.
    if (sharedBinaries) {
      command.add("-Dot.epg.working-dir=" + Path.of(JAR).resolveSibling("it").resolve("postgres"));
    }
    command.addAll(settings);
    command.addAll(List.of("-jar", JAR));
    command.addAll(Arrays.asList(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(Files.createDirectories(directory.resolve("here")).toFile())
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

  /** What runs write; what is unpacked stays. */
  private List<String> temporary() throws IOException {
    Path shared = directory.resolve("temporary").resolve(shared());
    if (Files.notExists(shared)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(shared)) {
      return entries
          .map(entry -> entry.getFileName() + "")
          .filter(name -> name.startsWith("run-"))
          .toList();
    }
  }

  private List<Path> unpacked() throws IOException {
    try (Stream<Path> files = Files.walk(directory.resolve("temporary").resolve(shared()))) {
      return files
          .filter(file -> file.toString().endsWith(".jar"))
          .filter(file -> !file.toString().contains("WEB-INF")) // those of a run
          .sorted()
          .toList();
    }
  }

  private static String shared() {
    return "pgdeltastream-" + System.getProperty("user.name");
  }
}
