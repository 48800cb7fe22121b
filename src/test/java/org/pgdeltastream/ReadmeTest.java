package org.pgdeltastream;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.slot.database.Settings;

/**
 * README and the table of limits say what the sources say: settings, codes, and the commands that
 * are printed.
 */
class ReadmeTest {
  private static final Path SOURCES = Path.of("src/main/java/org/pgdeltastream");

  private final String readme = read(Path.of("README.md"));

  @Test
  void listsEverySettingWithItsVariable() {
    assertThat(Stream.of(Settings.class.getRecordComponents()).map(part -> row(part.getName())))
        .isNotEmpty()
        .allSatisfy(row -> assertThat(readme).contains(row));
  }

  @Test
  void listsEveryProblemWithItsStatusAndWhetherToRetry() {
    List<String> rows =
        matches("web/http/Errors.java", "-> (last|again)\\((\\d+), \"(\\w+)\"\\)")
            .map(
                found ->
                    "\n| %s | `%s` | %s |"
                        .formatted(
                            found.group(2),
                            found.group(3),
                            found.group(1).equals("again") ? "yes" : "no"))
            .toList();
    assertThat(rows)
        .hasSize(Problem.values().length)
        .allSatisfy(row -> assertThat(readme).contains(row));
  }

  @Test
  void listsEveryOtherErrorCode() {
    assertThat(
            matches("web/http/Errors.java", "(\\d{3}|status), \"(\\w+)\"")
                .map(code -> code.group(2)))
        .isNotEmpty()
        .allSatisfy(code -> assertThat(readme).contains("| `" + code + "` |"));
  }

  @Test
  void listsEveryCloseCode() {
    List<String> rows =
        matches("web/socket/CloseCodes.java", "case (\\w+) -> (\\d{4});")
            .map(found -> "\n| %s | `%s` |".formatted(found.group(2), word(found.group(1))))
            .toList();
    assertThat(rows)
        .hasSize(CloseReason.values().length)
        .allSatisfy(row -> assertThat(readme).contains(row));
  }

  @Test
  void showsTheCommandsThatTheLauncherPrints() {
    List<String> commands =
        matches("launch/command/Guide.java", "(?m)^ +((?:curl|java -jar) .*)$")
            .map(
                found ->
                    found
                        .group(1)
                        .replaceAll("%1\\$s|http://%s", "127.0.0.1:12312")
                        .replace("%5$s", "test_table")
                        .replaceAll("%6\\$s|%s", "delta_demo")
                        .replace("%7$s", "target/pgdeltastream.jar")
                        .replace("-X DELETE 127", "-X DELETE http://127"))
            .toList();
    String oneLine = readme.replaceAll("\\s+", " ");
    assertThat(commands).hasSize(4).allSatisfy(command -> assertThat(oneLine).contains(command));
  }

  @Test
  void showsTheLaunchersHelp() {
    String help =
        matches("launch/command/Arguments.java", "(?s)HELP =\\s+\"\"\"\\n(.*?)\"\"\"")
            .map(found -> found.group(1).stripIndent().strip())
            .findFirst()
            .orElseThrow();
    assertThat(readme).contains(help);
  }

  @Test
  void limitsNameSettingsAndTestsThatThereAre() throws IOException {
    String limits = read(Path.of("src/docs/limits.md"));
    assertThat(Pattern.compile("`(pgdelta\\.[a-z0-9-]+)").matcher(limits).results())
        .isNotEmpty()
        .allSatisfy(setting -> assertThat(readme).contains("| `" + setting.group(1) + "` |"));
    List<String> classes;
    try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
      classes = files.map(file -> (file.getFileName() + "").replace(".java", "")).toList();
    }
    assertThat(Pattern.compile("`([A-Z]\\w+(?:IT|Test|Story))`").matcher(limits).results())
        .isNotEmpty()
        .allSatisfy(test -> assertThat(classes).contains(test.group(1)));
  }

  private static String row(String component) {
    String name = component.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    String variable = name.replace('-', '_').toUpperCase(Locale.ROOT);
    return "\n| `pgdelta.%s` | `PGDELTA_%s` |".formatted(name, variable);
  }

  private static String word(String reason) {
    return reason.equals("SLOW_SUBSCRIBER") ? "slow_consumer" : reason.toLowerCase(Locale.ROOT);
  }

  private static Stream<MatchResult> matches(String source, String pattern) {
    return Pattern.compile(pattern).matcher(read(SOURCES.resolve(source))).results();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
