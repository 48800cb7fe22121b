package org.pgdeltastream.launch;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonObject;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.support.Java;
import org.pgdeltastream.support.ServerClient;
import org.pgdeltastream.support.TestDatabase;
import org.pgdeltastream.support.UnpackedJar;

/** The runnable jar's command doctor. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class DoctorCommandIT {
  @TempDir static Path directory;

  private static TestDatabase database;

  /** What the command has said. */
  private record Answer(int status, String text, String errors) {}

  @BeforeAll
  static void start() throws Exception {
    database = TestDatabase.embedded();
    database.execute("create role plain login");
    UnpackedJar.putInto(directory);
  }

  @AfterAll
  static void stop() throws Exception {
    UnpackedJar.keep(directory);
    database.close();
  }

  @Test
  void saysWhatIsWrongAndWhatHelpsAndLeavesNothingBehind() throws Exception {
    Answer answer = doctor("postgres", "localhost:" + database.port());

    assertThat(answer.status()).as(answer.errors()).isZero();
    assertThat(answer.errors()).isEmpty();
    assertThat(answer.text())
        .startsWith("PostgreSQL ")
        .contains(", database postgres, role postgres\n0 errors, ")
        .contains("\nWARNING wal_unlimited: max_slot_wal_keep_size\n")
        .contains("\n    SELECT pg_reload_conf();\n");
    try (Stream<Path> left = Files.walk(directory)) {
      assertThat(left.filter(path -> (path.getFileName() + "").startsWith("run-"))).isEmpty();
    }
  }

  @Test
  void failsForWarningsOnlyIfToldSo() throws Exception {
    assertThat(doctor("postgres", "localhost:" + database.port(), "--strict").status())
        .isEqualTo(1);
  }

  @Test
  void failsForErrorsAndSaysSoInJson() throws Exception {
    Answer answer =
        doctor("--json", "-db=postgres", "-pgPort=" + database.port(), "--user", "plain");

    assertThat(answer.status()).as(answer.errors()).isEqualTo(1);
    JsonObject examination = ServerClient.object(answer.text());
    assertThat(examination.getString("status")).isEqualTo("error");
    JsonObject finding =
        examination.getJsonArray("findings").getValuesAs(JsonObject.class).stream()
            .filter(one -> one.getString("check").equals("replication_right"))
            .findFirst()
            .orElseThrow();
    assertThat(finding.getString("severity")).isEqualTo("error");
    assertThat(finding.getString("subject")).isEqualTo("role plain");
    assertThat(finding.getJsonObject("fix").getJsonArray("sql").getString(0))
        .isEqualTo("ALTER ROLE \"plain\" REPLICATION");
    assertThat(examination.getJsonArray("skipped").toString()).contains("needs pg_monitor");
  }

  @Test
  void takesTheVariablesOfLibpqAndSettings() throws Exception {
    Answer answer =
        run(
            Map.of(
                "PGHOST",
                "localhost",
                "PGPORT",
                "" + database.port(),
                "PGUSER",
                "postgres",
                "PGDATABASE",
                "template1",
                "PGDELTA_PUBLICATIONS",
                "absent"),
            "doctor");

    assertThat(answer.status()).as(answer.errors()).isEqualTo(1);
    assertThat(answer.text())
        .contains("database template1, role postgres\n1 error, ")
        .contains("\nERROR publication_missing: publication absent\n")
        .contains("\n    CREATE PUBLICATION \"absent\" FOR ALL TABLES;\n");
  }

  @Test
  void readsTheRolesToo() throws Exception {
    Path rights = directory.resolve("rights.json");
    Files.writeString(
        rights,
        """
        {"roles":{"guest":{"feeds":{"shop":{"tables":{"public.absent":{}}},"gone":{}}}}}
        """);
    String[] arguments = {"doctor", "postgres", "localhost:" + database.port()};
    Map<String, String> environment =
        Map.of("PGUSER", "postgres", "PGDELTA_RIGHTS", rights + "", "PGDELTA_FEEDS", "shop");

    Answer answer = run(environment, arguments);
    assertThat(answer.text())
        .contains("\nWARNING rights_feed: feed gone\n")
        .contains("\nWARNING rights_table: public.absent\n");
    assertThat(answer.status()).as(answer.errors()).isZero();

    Files.writeString(rights, "{");
    Answer refused = run(environment, arguments);
    assertThat(refused.status()).isEqualTo(2);
    assertThat(refused.errors()).contains("pgdelta.rights").contains("rights.json");
  }

  @Test
  void saysWhyThereIsNoConnection() throws Exception {
    Answer absent = doctor("absent", "localhost:" + database.port());
    assertThat(absent.status()).as(absent.errors()).isEqualTo(3);
    assertThat(absent.errors())
        .isEqualTo(
            "pgdeltastream: The configured database does not exist (SQLSTATE 3D000)."
                + " Correct pgdelta.database-url\n");
    assertThat(absent.text()).isEmpty();

    Answer away = doctor("postgres", "localhost:" + freePort());
    assertThat(away.status()).as(away.errors()).isEqualTo(3);
    assertThat(away.errors())
        .startsWith("pgdeltastream: PostgreSQL cannot be reached")
        .contains("(SQLSTATE 08001)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a b c d",
        "a b localhost:1",
        "--unknown",
        "--no-demo",
        "--data x",
        "-serverPort=1",
        "a --json --json"
      })
  void refusesWhatItDoesNotKnow(String arguments) throws Exception {
    Answer answer = doctor(arguments.split(" ", -1));

    assertThat(answer.status()).as(answer.text()).isEqualTo(2);
    assertThat(answer.errors()).startsWith("pgdeltastream: ").hasLineCount(1);
  }

  @Test
  void refusesASettingThatIsNotOfItsForm() throws Exception {
    Answer answer =
        run(
            Map.of("PGDELTA_STREAMS", "many", "PGUSER", "postgres"),
            "doctor",
            "postgres",
            "localhost:" + database.port());
    assertThat(answer.status()).isEqualTo(2);
    assertThat(answer.errors()).contains("streams");
  }

  @Test
  void hasAHelpOfItsOwn() throws Exception {
    Answer answer = doctor("--help");
    assertThat(answer.status()).isZero();
    assertThat(answer.text()).contains("pgdeltastream.jar doctor [DATABASE [HOST[:PORT]]]");
  }

  private static Answer doctor(String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("doctor"));
    all.addAll(List.of(arguments));
    return run(Map.of("PGUSER", "postgres"), all.toArray(String[]::new));
  }

  private static Answer run(Map<String, String> environment, String... arguments) throws Exception {
    Path text = Files.createTempFile(directory, "text", "");
    Path errors = Files.createTempFile(directory, "errors", "");
    List<String> command = Java.command();
    command.addAll(
        List.of(
            "-Djava.io.tmpdir=" + directory, "-jar", System.getProperty("pgdelta.test.jar", "")));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(text.toFile()).redirectError(errors.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    return new Answer(process.exitValue(), Files.readString(text), Files.readString(errors));
  }

  private static int freePort() throws Exception {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
