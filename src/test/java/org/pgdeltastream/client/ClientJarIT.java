package org.pgdeltastream.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The client's jar: it alone, small, and enough. */
class ClientJarIT {
  private static final String JAR = System.getProperty("pgdelta.test.client", "");
  private static final int MOST_BYTES = 60_000;

  private static final String PROGRAM =
      """
      import java.time.Duration;
      import org.pgdeltastream.client.*;

      public final class Follower {
        private Follower() {}

        public static void main(String[] arguments) throws Exception {
          DeltaClient client = DeltaClient.at("http://127.0.0.1:1").token(() -> "t");
          try (DeltaStream stream = client.slot("delta_a").withoutReconnect().open()) {
            stream.poll(Duration.ofSeconds(20)).map(Message::text).ifPresent(System.out::println);
          } catch (MustRefetchException e) {
            System.out.println(e.position());
          } catch (DeltaException e) {
            System.out.println(e.code() + e.hint().orElse(""));
          }
        }
      }
      """;

  @TempDir Path directory;

  @Test
  void holdsTheClientAlone() throws IOException {
    assertThat(Path.of(JAR)).satisfies(jar -> assertThat(Files.size(jar)).isLessThan(MOST_BYTES));
    try (JarFile jar = new JarFile(JAR)) {
      assertThat(jar.stream().filter(entry -> !entry.isDirectory()).map(ZipEntry::getName))
          .contains("org/pgdeltastream/client/DeltaClient.class")
          .allMatch(
              name ->
                  name.startsWith("org/pgdeltastream/client/")
                      || name.equals("META-INF/MANIFEST.MF"));
      assertThat(jar.getManifest().getMainAttributes().getValue("Automatic-Module-Name"))
          .isEqualTo("org.pgdeltastream.client");
    }
    try (JarFile war = new JarFile(System.getProperty("pgdelta.test.war", ""))) {
      assertThat(war.stream().map(ZipEntry::getName))
          .noneMatch(name -> name.contains("/client/Delta"));
    }
  }

  /** Without a warning, and run by it. */
  @Test
  void isAllThatAProgramNeeds() throws Exception {
    Path source = Files.writeString(directory.resolve("Follower.java"), PROGRAM);
    assertThat(run("javac", "-Xlint:all", "-Werror", "-cp", JAR, "-d", directory + "", source + ""))
        .isEmpty();
    assertThat(run("java", "-cp", JAR + ":" + directory, "Follower")).isEqualTo("lost\n");
    assertThat(run("java", "-cp", JAR, source + "")).isEqualTo("lost\n");
  }

  private static String run(String program, String... arguments) throws Exception {
    List<String> command = new java.util.ArrayList<>(List.of(arguments));
    command.add(0, Path.of(System.getProperty("java.home"), "bin", program).toString());
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return said;
  }
}
