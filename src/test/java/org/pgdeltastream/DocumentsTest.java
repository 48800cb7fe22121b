package org.pgdeltastream;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.option.Detail;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.doctor.Check;
import org.pgdeltastream.doctor.Examination;
import org.pgdeltastream.doctor.ExaminationText;
import org.pgdeltastream.doctor.check.Checks;
import org.pgdeltastream.doctor.check.ChecksTest;
import org.pgdeltastream.doctor.check.Limits;
import org.pgdeltastream.journal.shared.KafkaSettings;
import org.pgdeltastream.launch.command.Address;
import org.pgdeltastream.launch.command.Command;
import org.pgdeltastream.launch.command.DoctorArguments;
import org.pgdeltastream.launch.command.Guide;
import org.pgdeltastream.launch.remote.RemoteCommands;
import org.pgdeltastream.launch.server.Availability;
import org.pgdeltastream.slot.database.FeedSettings;
import org.pgdeltastream.slot.database.OperatorSettings;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.slot.database.TokenSettings;
import org.pgdeltastream.web.http.ErrorBody;
import org.pgdeltastream.web.http.Errors;
import org.pgdeltastream.web.http.Parameters;
import org.pgdeltastream.web.rest.SampleBodies;
import org.pgdeltastream.web.socket.CloseCodes;

/** The documents say what the program says: settings, codes, parameters, commands; and link. */
class DocumentsTest {
  private static final Path DOCS = Path.of("src/docs");
  private static final int MOST_BYTES_OF_README = 9_000;

  private static final Pattern LINK = Pattern.compile("]\\(([^)\\s]+)\\)");
  private static final Pattern CODE_BLOCK = Pattern.compile("(?ms)^```.*?^```");
  private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} +(.+?) *$");

  private final String readme = read(Path.of("README.md"));
  private final String configuration = read(DOCS.resolve("configuration.md"));
  private final String http = read(DOCS.resolve("http.md"));
  private final String doctor = read(DOCS.resolve("doctor.md"));
  private final String feeds = read(DOCS.resolve("feeds.md"));
  private final String websocket = read(DOCS.resolve("websocket.md"));
  private final String options = read(DOCS.resolve("stream-options.md"));

  @Test
  void keepReadmeShort() {
    assertThat(readme.getBytes(StandardCharsets.UTF_8))
        .hasSizeLessThanOrEqualTo(MOST_BYTES_OF_README);
  }

  // Settings

  @Test
  void listEverySettingWithItsVariableAndDefault() {
    List<String> documented =
        rows(configuration, "| Property, context parameter | Environment variable | Default |")
            .map(cells -> String.join(" | ", cells.subList(0, 3)))
            .toList();
    assertThat(documented)
        .containsExactlyInAnyOrderElementsOf(
            components(Settings.class).map(DocumentsTest::row).toList());
  }

  private static Stream<RecordComponent> components(Class<?> of) {
    return Stream.of(of.getRecordComponents())
        .flatMap(part -> part.getType().isRecord() ? components(part.getType()) : Stream.of(part));
  }

  private static String row(RecordComponent component) {
    String name = property(component);
    String variable = name.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
    return "`%s` | `%s` | %s".formatted(name, variable, usual(component));
  }

  private static String property(RecordComponent component) {
    return "pgdelta." + component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }

  private static String usual(RecordComponent component) {
    Settings read = Settings.read(name -> null);
    Object owner =
        Map.of(
                Settings.class, read,
                FeedSettings.class, read.ofFeeds(),
                KafkaSettings.class, read.ofFeeds().ofKafka(),
                OperatorSettings.class, read.ofOperators(),
                TokenSettings.class, read.ofTokens())
            .get(component.getDeclaringRecord());
    Object value = value(requireNonNull(owner), component.getAccessor());
    String depends =
        switch (component.getName()) {
          case "databaseUrl" -> "the DataSource `jdbc/pgdelta`'s";
          case "databaseUser" -> "the DataSource's, else the system user";
          case "snapshots" -> "a quarter of `max_connections`";
          case "slotsMaximum" -> "half of `max_replication_slots`";
          case "heapBytes" -> "a quarter of the heap (`-Xmx`)";
          case "feedHeapBytes" -> "a sixteenth of the heap (`-Xmx`)";
          case "feedDirectory" -> "the system's for temporary files";
          default -> "";
        };
    if (!depends.isEmpty()) {
      long heap = Runtime.getRuntime().maxMemory();
      int least = (int) (Math.min(Integer.MAX_VALUE, heap) / 16);
      assertThat(value).isIn(Optional.empty(), 0, heap / 4, least);
      return depends;
    }
    if (value.equals(Optional.empty()) || value.equals(List.of())) {
      return "none";
    }
    String text =
        value instanceof Duration time
            ? String.valueOf(time.toSeconds())
            : value instanceof Enum<?> word ? word.name().toLowerCase(Locale.ROOT) : plain(value);
    return "`" + text + "`";
  }

  private static String plain(Object value) {
    return value instanceof List<?> all
        ? all.stream().map(String::valueOf).collect(joining(","))
        : String.valueOf(value);
  }

  private static Object value(Object of, Method accessor) {
    try {
      return accessor.invoke(of);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void nameNoSettingThatThereIsNot() {
    List<String> known = components(Settings.class).map(DocumentsTest::property).toList();
    Pattern setting = Pattern.compile("`(pgdelta\\.[a-z0-9][a-z0-9-]*)(?![a-z0-9.-])");
    assertThat(documents().flatMap(file -> setting.matcher(read(file)).results()))
        .extracting(found -> found.group(1))
        .isNotEmpty()
        .isSubsetOf(known);
  }

  // Codes

  @Test
  void listErrorsWithTheirStatusAndWhetherToRetry() {
    Stream<ErrorBody> problems =
        Stream.of(Problem.values()).map(one -> Errors.of(new ProblemException(one, "", "")));
    Stream<ErrorBody> statuses =
        IntStream.concat(IntStream.rangeClosed(400, 499), IntStream.of(500, 503))
            .mapToObj(status -> Errors.ofStatus(status, null))
            .filter(error -> error.status() == 400 || !error.code().equals("bad_request"));
    Stream<String> known =
        Stream.concat(problems, statuses)
            .map(error -> error(error.status(), error.code(), error.retry()));
    assertThat(
            rows(http, "| Status | Code | Retry |")
                .map(cells -> String.join(" | ", cells.subList(0, 3))))
        .containsExactlyInAnyOrderElementsOf(
            Stream.concat(known, Stream.of(starting())).distinct().toList());
  }

  private static String error(int status, String code, boolean retry) {
    return status + " | `" + code + "` | " + (retry ? "yes" : "no");
  }

  private static String starting() {
    MatchResult answer =
        Pattern.compile("\"code\":\"(\\w+)\",\"retry\":(\\w+)")
            .matcher(Availability.STARTING)
            .results()
            .findFirst()
            .orElseThrow();
    return error(503, answer.group(1), Boolean.parseBoolean(answer.group(2)));
  }

  @Test
  void listCloseCodes() {
    assertThat(
            rows(websocket, "| Code | Word |")
                .map(cells -> String.join(" | ", cells.subList(0, 2))))
        .containsExactlyInAnyOrderElementsOf(
            Stream.of(CloseReason.values())
                .map(one -> CloseCodes.code(one) + " | `" + CloseCodes.name(one) + "`")
                .toList());
  }

  /** The program of clients.md stops where the table says that it should. */
  @Test
  void reconnectAsTheTableOfCloseCodesSays() {
    String clients = read(DOCS.resolve("clients.md"));
    String afterFixing =
        Pattern.compile("afterFixing = \\[([0-9, ]+)]")
            .matcher(clients)
            .results()
            .map(found -> found.group(1))
            .findFirst()
            .orElseThrow();
    assertThat(clients).contains("code >= 4500 ||");
    Set<String> listed = Set.of(afterFixing.split(", "));
    assertThat(
            rows(websocket, "| Code | Word |")
                .filter(cells -> cells.get(3).matches("(no\\b|after fixing).*"))
                .map(cells -> cells.get(0)))
        .containsExactlyInAnyOrderElementsOf(
            Stream.of(CloseReason.values())
                .map(CloseCodes::code)
                .filter(code -> code >= 4500 || listed.contains("" + code))
                .map(String::valueOf)
                .toList());
  }

  // Parameters and fields

  @Test
  void listEveryParameterOfAStream() {
    assertThat(
            Stream.concat(
                names(rows(section(websocket, "Parameters"), "| Parameter |")),
                names(rows(options, "| option |"))))
        .containsExactlyInAnyOrderElementsOf(Parameters.STREAM);
  }

  @Test
  void listEveryParameterOfAFeed() {
    Set<String> all = new HashSet<>(Parameters.FEED_STREAM);
    all.addAll(Parameters.PULL);
    List<String> own = names(rows(section(feeds, "Parameters"), "| Parameter |")).toList();
    assertThat(own).isSubsetOf(all).contains("after", "wait");
    all.removeAll(own);
    assertThat(names(rows(options, "| option |"))).containsAll(withoutFormats(all));
  }

  /** Those that stand in the websocket's table. */
  private static Set<String> withoutFormats(Set<String> names) {
    Set<String> rest = new HashSet<>(names);
    rest.removeAll(Set.of("format", "format-version"));
    return rest;
  }

  @Test
  void listEveryParameterOfInit() {
    assertThat(names(rows(section(http, "Init"), "| Parameter |")))
        .containsExactlyInAnyOrderElementsOf(Parameters.INIT);
  }

  @Test
  void listEveryFieldOfAPage() {
    assertThat(names(rows(section(http, "A page of rows"), "| Field |")))
        .containsExactlyInAnyOrderElementsOf(Parameters.PAGE);
  }

  @Test
  void listEveryParameterOfAWholeTable() {
    assertThat(names(rows(section(http, "A whole table"), "| Parameter |")))
        .containsExactlyInAnyOrderElementsOf(Parameters.TABLE);
  }

  @Test
  void sayWhichDetailsAreOnUnlessAsked() {
    Map<String, String> usual =
        Stream.of(Detail.values())
            .collect(toMap(Detail::optionName, detail -> detail.usual() ? "on" : "off"));
    List<List<String>> rows = rows(options, "| option | default |").toList();
    assertThat(rows)
        .isNotEmpty()
        .allSatisfy(
            cells ->
                assertThat(names(Stream.of(cells)).filter(usual::containsKey).map(usual::get))
                    .isNotEmpty()
                    .containsOnly(cells.get(1)));
  }

  @Test
  void listEveryFieldOfTheAnswers() {
    assertThat(unnamed(section(http, "Init"), SampleBodies.initFields())).isEmpty();
    assertThat(unnamed(section(http, "Slots"), SampleBodies.slotFields())).isEmpty();
    assertThat(unnamed(section(http, "Looking after it"), SampleBodies.statusFields())).isEmpty();
    assertThat(unnamed(section(feeds, "Calls"), SampleBodies.feedFields())).isEmpty();
    assertThat(unnamed(section(http, "Tables, and closing a snapshot"), SampleBodies.tableFields()))
        .isEmpty();
  }

  private static List<String> unnamed(String text, List<String> fields) {
    assertThat(fields).isNotEmpty();
    return fields.stream().filter(name -> !text.contains("`" + name + "`")).toList();
  }

  @Test
  void listEveryCheckOfTheDoctor() {
    assertThat(names(rows(doctor, "| Check |")))
        .containsExactlyElementsOf(Checks.all(Limits.USUAL).stream().map(Check::id).toList());
  }

  /** As far as ChecksTest has seen them. */
  @Test
  void sayHowBadEachFindingOfTheDoctorIs() {
    Map<String, Set<String>> documented = new TreeMap<>();
    rows(doctor, "| Check |")
        .forEach(
            cells ->
                names(Stream.of(cells))
                    .forEach(check -> documented.put(check, Set.of(cells.get(1).split(", ", -1)))));
    assertThat(ChecksTest.severities()).isEqualTo(documented);
  }

  @Test
  void listEveryFieldOfAnExamination() {
    String json =
        ExaminationText.json(
            new Examination("", Instant.EPOCH, Duration.ZERO, List.of(), List.of(), List.of()));
    List<String> fields =
        Pattern.compile("\"(\\w+)\":").matcher(json).results().map(one -> one.group(1)).toList();
    assertThat(unnamed(section(doctor, "Asking"), fields)).isEmpty();
  }

  // The launcher

  @Test
  void showTheCommandsThatTheLauncherPrints() {
    String oneLine = readme.replaceAll("\\s+", " ");
    assertThat(commands()).hasSize(5).allSatisfy(command -> assertThat(oneLine).contains(command));
  }

  /** Those of a started server, with and without a database of its own. */
  private static List<String> commands() {
    return Stream.of(
            guide(Optional.of(new Guide.Own(Path.of("password"), Map.of()))),
            guide(Optional.empty()))
        .flatMap(String::lines)
        .map(String::strip)
        .filter(line -> line.startsWith("curl ") || line.startsWith("java "))
        .filter(line -> !line.contains("YOUR_TABLE")) // the same with the demo's table
        .distinct()
        .toList();
  }

  private static String guide(Optional<Guide.Own> own) {
    Path jar = Path.of("target/pgdeltastream.jar").toAbsolutePath();
    Command.Named database = new Command.Named("jdbc:postgresql://localhost/hasuradb", "delta", "");
    return Guide.text(jar, new Address("127.0.0.1", 12312), Optional.empty(), database, own);
  }

  @Test
  void showTheLaunchersHelp() {
    assertThat(configuration).contains("```\n" + Guide.HELP.strip() + "\n```");
  }

  @Test
  void showTheHelpOfEachCommand() {
    String commands = read(DOCS.resolve("commands.md"));
    assertThat(RemoteCommands.helps())
        .hasSize(5)
        .allSatisfy(help -> assertThat(commands).contains("```\n" + help.strip() + "\n```"));
    assertThat(doctor).contains("```\n" + DoctorArguments.HELP.strip() + "\n```");
  }

  // Tests and links

  /**
   * {@code `SomeIT`} and {@code `SomeTest.method`}; {@code `method`} behind it is of that class.
   */
  @ParameterizedTest
  @MethodSource("documents")
  void nameOnlyTestsThatThereAre(Path page) throws IOException {
    Map<String, String> sources = new HashMap<>();
    try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
      files
          .filter(file -> file.toString().endsWith(".java"))
          .forEach(file -> sources.put((file.getFileName() + "").replace(".java", ""), read(file)));
    }
    Pattern name =
        Pattern.compile("`([A-Z]\\w*[a-z](?:IT|Test|Story))(?:\\.(\\w+))?`|, `([a-z]\\w+)`");
    List<String> missing = new ArrayList<>();
    String source = "";
    for (MatchResult found : name.matcher(read(page)).results().toList()) {
      source = found.group(1) == null ? source : sources.getOrDefault(found.group(1), "");
      String method = found.group(1) == null ? found.group(3) : found.group(2);
      boolean isTest = found.group(1) != null || page.endsWith("invariants.md");
      String wanted = method == null || !isTest ? "" : method;
      if (isTest && (source.isEmpty() || !source.contains(wanted))) {
        missing.add(found.group());
      }
    }
    assertThat(missing).isEmpty();
  }

  private static Stream<Path> documents() {
    List<Path> found = new ArrayList<>();
    try (Stream<Path> root = Files.list(Path.of(""));
        Stream<Path> docs = Files.walk(DOCS);
        Stream<Path> servers = Files.walk(Path.of("server-config"))) {
      Stream.of(root, docs, servers)
          .flatMap(files -> files)
          .filter(file -> file.toString().endsWith(".md"))
          .forEach(found::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found.stream();
  }

  @ParameterizedTest
  @MethodSource("documents")
  void linkToNothingThatIsNotThere(Path document) {
    assertThat(
            LINK.matcher(CODE_BLOCK.matcher(read(document)).replaceAll(""))
                .results()
                .map(found -> found.group(1))
                .filter(link -> !link.matches("[a-z]+:.*"))
                .filter(link -> isDead(document, link)))
        .isEmpty();
  }

  private static boolean isDead(Path document, String link) {
    int hash = link.indexOf('#');
    String file = hash < 0 ? link : link.substring(0, hash);
    Path target = file.isEmpty() ? document : document.resolveSibling(file).normalize();
    if (hash < 0 || !Files.isRegularFile(target)) {
      return hash >= 0 || !Files.exists(target);
    }
    return !anchors(read(target)).contains(link.substring(hash + 1));
  }

  /** As GitHub makes them of headings. */
  private static Set<String> anchors(String text) {
    Map<String, Integer> times = new HashMap<>();
    Set<String> anchors = new HashSet<>();
    HEADING
        .matcher(CODE_BLOCK.matcher(text).replaceAll(""))
        .results()
        .map(found -> found.group(1).toLowerCase(Locale.ROOT))
        .map(title -> title.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
        .forEach(
            anchor -> {
              int before = times.merge(anchor, 1, Integer::sum) - 1;
              anchors.add(before == 0 ? anchor : anchor + "-" + before);
            });
    return anchors;
  }

  // Reading

  /** What stands between a heading of the second level and the next. */
  private static String section(String text, String heading) {
    String begin = "\n## " + heading + "\n";
    assertThat(text).contains(begin);
    return text.substring(text.indexOf(begin) + begin.length()).split("\n## ", 2)[0];
  }

  /** The rows of all tables whose header begins so, as cells. */
  private static Stream<List<String>> rows(String text, String header) {
    List<List<String>> rows = new ArrayList<>();
    boolean inside = false;
    for (String line : text.split("\n", -1)) {
      inside = line.startsWith("|") && (inside || line.startsWith(header));
      if (inside && !line.startsWith(header) && !line.startsWith("| ---")) {
        rows.add(
            Stream.of(line.substring(1).split("(?<!\\\\)\\|", -1)).map(String::strip).toList());
      }
    }
    assertThat(rows).as(header).isNotEmpty();
    return rows.stream();
  }

  /** The names in first cells: {@code `a`, `b=1`}. */
  private static Stream<String> names(Stream<List<String>> rows) {
    return rows.flatMap(
        cells ->
            Pattern.compile("`([^`=]+)[^`]*`")
                .matcher(cells.get(0))
                .results()
                .map(found -> found.group(1)));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
