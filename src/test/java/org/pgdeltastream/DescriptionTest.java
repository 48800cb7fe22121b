package org.pgdeltastream;

import static java.util.stream.Collectors.toMap;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.pgdeltastream.support.ServerClient.object;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.apicurio.datamodels.Library;
import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import jakarta.json.bind.JsonbBuilder;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.websocket.server.ServerEndpoint;
import jakarta.ws.rs.HEAD;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.io.IOException;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.decoder.Vectors;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.doctor.Examination;
import org.pgdeltastream.doctor.ExaminationText;
import org.pgdeltastream.doctor.Finding;
import org.pgdeltastream.doctor.Fix;
import org.pgdeltastream.encoder.EveryMessage;
import org.pgdeltastream.launch.server.Availability;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.support.Descriptions;
import org.pgdeltastream.web.http.ErrorBody;
import org.pgdeltastream.web.http.Errors;
import org.pgdeltastream.web.http.Parameters;
import org.pgdeltastream.web.live.FeedPaths;
import org.pgdeltastream.web.rest.RestApplication;
import org.pgdeltastream.web.rest.SampleBodies;
import org.pgdeltastream.web.socket.CloseCodes;
import org.pgdeltastream.web.stream.StreamPaths;

/**
 * The descriptions of the API (openapi.json, asyncapi.json and their schemas) are valid, and they
 * say what the program does: all of it, and nothing else. What is new in the program fails here
 * until it stands in them.
 */
class DescriptionTest {
  private static final java.nio.file.Path FILES =
      java.nio.file.Path.of("src/main/resources/org/pgdeltastream/web/ops/description");

  /**
   * The calls that are no JAX-RS resource, and the parameters that each takes. A new servlet, or a
   * new path of a filter, belongs here and into openapi.json; a new websocket into asyncapi.json,
   * too.
   */
  private static final Map<String, List<String>> OTHER_CALLS =
      Map.of(
          "post /v1/snapshot/data",
          List.of(),
          "get /v1/snapshot/stream",
          Parameters.TABLE,
          "get /v1/metrics",
          List.of(),
          "get /v1/openapi.json",
          List.of(),
          "get /v1/asyncapi.json",
          List.of(),
          "get /v1/schema/{name}",
          List.of(),
          "get /v1/lr/stream",
          Parameters.STREAM,
          "get /v1/lr/tail",
          Parameters.TAIL,
          "get /v1/feeds/{feed}/stream",
          Parameters.FEED_STREAM,
          "get /v1/feeds/{feed}/changes",
          Parameters.PULL);

  private final JsonObject openApi = Descriptions.document("openapi.json");
  private final JsonObject asyncApi = Descriptions.document("asyncapi.json");

  // Form

  @ParameterizedTest
  @ValueSource(strings = {"openapi.json", "asyncapi.json"})
  void areValid(String name) {
    assertThat(problems(Descriptions.text(name))).isEmpty();
  }

  /** What the check of validity is worth. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "openapi.json | \"#/components/parameters/window\" | \"#/components/parameters/windw\"",
        "openapi.json | \"operationId\":\"status\" | \"operationId\":\"about\"",
        "openapi.json | \"in\":\"path\",\"required\":true | \"in\":\"path\",\"required\":false",
        "asyncapi.json | \"action\":\"send\" | \"action\":\"publish\"",
        "asyncapi.json | \"#/channels/tail/messages/change\" | \"#/channels/tail/messages/chnge\""
      })
  void wouldNotBeValidOtherwise(String name, String right, String wrong) {
    String text = Descriptions.document(name).toString();
    assertThat(text).contains(right);
    assertThat(problems(text.replace(right, wrong))).isNotEmpty();
  }

  /** References to other files are replaced: {@link #referToEachOther} looks where they lead. */
  private static List<String> problems(String document) {
    JsonObject alone =
        Json.createPatchBuilder()
            .add("/components/schemas", object("{\"any\":{\"type\":\"object\"}}"))
            .build()
            .apply(
                object(
                    document.replaceAll(
                        "\"schema/[a-z0-9-]+\\.json[^\"]*\"", "\"#/components/schemas/any\"")));
    return Library.validate(Library.readDocumentFromJSONString(alone.toString()), null).stream()
        .map(one -> one.nodePath + " " + one.property + ": " + one.message)
        .toList();
  }

  @ParameterizedTest
  @MethodSource("schemas")
  void areSchemasOf2020(String name) {
    assertThat(
            Descriptions.violations(
                "https://json-schema.org/draft/2020-12/schema", Descriptions.text(name)))
        .isEmpty();
    assertThat(Descriptions.document(name).getString("$schema"))
        .isEqualTo("https://json-schema.org/draft/2020-12/schema");
  }

  private static Stream<String> schemas() throws IOException {
    try (Stream<java.nio.file.Path> files = Files.list(FILES.resolve("schema"))) {
      return files.map(file -> "schema/" + file.getFileName()).sorted().toList().stream();
    }
  }

  /** Each reference leads somewhere, and each file is referred to. */
  @Test
  void referToEachOther() throws IOException {
    Set<String> used = new TreeSet<>();
    List<String> read =
        Stream.concat(Stream.of("openapi.json", "asyncapi.json"), schemas()).toList();
    for (String name : read) {
      references(Descriptions.document(name))
          .forEach(
              reference -> {
                String[] parts = (reference + "#").split("#", -1);
                String file = parts[0].isEmpty() ? name : beside(name, parts[0]);
                assertThat(read).as(name + " refers to " + reference).contains(file);
                assertThat(Descriptions.document(file).getValue(parts[1]))
                    .as(name + " refers to " + reference)
                    .isNotNull();
                if (!file.equals(name)) {
                  used.add(file);
                }
              });
    }
    assertThat(used).containsExactlyInAnyOrderElementsOf(schemasAndOpenApi());
  }

  private static List<String> schemasAndOpenApi() throws IOException {
    List<String> all = new ArrayList<>(schemas().toList());
    all.add("openapi.json"); // which asyncapi.json takes parameters from
    return all;
  }

  private static String beside(String name, String reference) {
    return name.contains("/") ? "schema/" + reference : reference;
  }

  private static Stream<String> references(JsonValue value) {
    if (value instanceof JsonArray array) {
      return array.stream().flatMap(DescriptionTest::references);
    }
    if (value instanceof JsonObject object) {
      Stream<String> inside = object.values().stream().flatMap(DescriptionTest::references);
      return object.get("$ref") instanceof JsonString reference
          ? Stream.concat(Stream.of(reference.getString()), inside)
          : inside;
    }
    return Stream.of();
  }

  @Test
  void areOfThisVersion() throws IOException {
    String version =
        Pattern.compile("<version>([0-9.]+)(-SNAPSHOT)?</version>")
            .matcher(Files.readString(java.nio.file.Path.of("pom.xml")))
            .results()
            .map(found -> found.group(1))
            .findFirst()
            .orElseThrow();
    assertThat(openApi.getJsonObject("info").getString("version")).isEqualTo(version);
    assertThat(asyncApi.getJsonObject("info").getString("version")).isEqualTo(version);
  }

  // Calls

  @Test
  void nameEveryCall() {
    Set<String> calls = new TreeSet<>(resources().keySet());
    calls.addAll(OTHER_CALLS.keySet());
    assertThat(operations().keySet()).containsExactlyInAnyOrderElementsOf(calls);
  }

  /** The calls of JAX-RS resources: {@code get /v1/slots/{name}}. */
  private static Map<String, Method> resources() {
    Map<String, Method> calls = new TreeMap<>();
    for (Class<?> type : new RestApplication().getClasses()) {
      for (Method method : type.getMethods()) {
        Stream.of(method.getAnnotations())
            .filter(annotation -> !(annotation instanceof HEAD))
            .map(annotation -> annotation.annotationType().getAnnotation(HttpMethod.class))
            .filter(java.util.Objects::nonNull)
            .forEach(
                http ->
                    calls.put(
                        http.value().toLowerCase(Locale.ROOT) + " /v1" + path(type) + path(method),
                        method));
      }
    }
    return calls;
  }

  private static String path(AnnotatedElement element) {
    Path path = element.getAnnotation(Path.class);
    return path == null ? "" : "/" + path.value();
  }

  /** The described ones, by method and path. */
  private Map<String, JsonObject> operations() {
    Map<String, JsonObject> operations = new TreeMap<>();
    openApi
        .getJsonObject("paths")
        .forEach(
            (path, item) ->
                item.asJsonObject()
                    .forEach(
                        (method, operation) -> {
                          if (!method.equals("parameters")) {
                            operations.put(method + " " + path, operation.asJsonObject());
                          }
                        }));
    return operations;
  }

  @Test
  void knowEveryServletAndEveryPathOfAFilter() throws IOException {
    Set<String> paths =
        Pattern.compile("<url-pattern>(/v1/[^<]*)</url-pattern>")
            .matcher(
                Files.readString(java.nio.file.Path.of("src/main/webapp/WEB-INF/web.xml"))
                    .replaceAll("(?s)<filter-mapping>.*?</filter-mapping>", ""))
            .results()
            .map(found -> found.group(1).replaceFirst("(?<!\\*)/$", ""))
            .map(path -> path.replace("/*", "/{name}"))
            .collect(toSet());
    for (String word : words()) {
      if (StreamPaths.isFor("/v1/lr/" + word)) {
        paths.add("/v1/lr/" + word);
      }
      if (FeedPaths.isFor("/v1/feeds/main/" + word)) {
        paths.add("/v1/feeds/{feed}/" + word);
      }
    }
    assertThat(OTHER_CALLS.keySet().stream().map(call -> call.replaceFirst("\\w+ ", "")))
        .containsExactlyInAnyOrderElementsOf(paths);
  }

  /** Every word in a text of the program's source. */
  private static Set<String> words() throws IOException {
    Pattern text = Pattern.compile("\"((?:[^\"\\\\\n]|\\\\.)*)\"");
    Pattern word = Pattern.compile("[A-Za-z_][A-Za-z0-9_-]*");
    Set<String> words = new HashSet<>();
    for (String room : List.of("web", "change")) {
      try (Stream<java.nio.file.Path> files =
          Files.walk(java.nio.file.Path.of("src/main/java/org/pgdeltastream", room))) {
        for (java.nio.file.Path file : files.filter(Files::isRegularFile).toList()) {
          text.matcher(Files.readString(file))
              .results()
              .flatMap(found -> word.matcher(found.group(1)).results())
              .map(MatchResult::group)
              .forEach(words::add);
        }
      }
    }
    return words;
  }

  @Test
  void nameEveryWebsocket() {
    Set<String> endpoints =
        new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("org.pgdeltastream.web")
                .stream()
                .filter(one -> one.isAnnotatedWith(ServerEndpoint.class))
                .map(JavaClass::reflect)
                .map(one -> one.getAnnotation(ServerEndpoint.class).value())
                .collect(toSet());
    Set<String> channels = channels().keySet();
    assertThat(channels)
        .containsExactlyInAnyOrderElementsOf(
            operations().entrySet().stream()
                .filter(one -> one.getValue().getJsonObject("responses").containsKey("101"))
                .map(one -> one.getKey().replaceFirst("get ", ""))
                .toList());
    assertThat(channels)
        .allMatch(channel -> endpoints.stream().anyMatch(one -> isOf(one, channel)));
    assertThat(endpoints)
        .allMatch(one -> channels.stream().anyMatch(channel -> isOf(one, channel)));
  }

  private static boolean isOf(String template, String path) {
    return path.matches(template.replaceAll("\\{\\w+}", "[^/]+"));
  }

  private Map<String, JsonObject> channels() {
    return asyncApi.getJsonObject("channels").values().stream()
        .map(JsonValue::asJsonObject)
        .collect(toMap(channel -> channel.getString("address"), channel -> channel));
  }

  // Parameters

  /** Each resource is asked with every word of the source: which does it not refuse? */
  @Test
  void nameEveryParameterOfEveryResource() throws IOException {
    Set<String> words = words();
    Map<String, Set<String>> described = new TreeMap<>();
    Map<String, Set<String>> taken = new TreeMap<>();
    for (Map.Entry<String, Method> call : resources().entrySet()) {
      Set<String> names = parameters(operations().getOrDefault(call.getKey(), openApi));
      described.put(call.getKey(), names);
      taken.put(
          call.getKey(),
          Stream.concat(words.stream(), names.stream())
              .filter(word -> isTaken(call.getValue(), word))
              .collect(Collectors.toCollection(TreeSet::new)));
    }
    assertThat(taken.values()).contains(Set.of("force"));
    assertThat(described).isEqualTo(taken);
  }

  private static boolean isTaken(Method resource, String parameter) {
    Object[] arguments = new Object[resource.getParameterCount()];
    java.util.Arrays.fill(arguments, "a");
    arguments[0] =
        Proxy.newProxyInstance(
            DescriptionTest.class.getClassLoader(),
            new Class<?>[] {HttpServletRequest.class},
            (request, method, nothing) ->
                method.getName().equals("getQueryString") ? parameter + "=x" : null);
    try {
      resource.invoke(resource.getDeclaringClass().getConstructor().newInstance(), arguments);
      return true;
    } catch (InvocationTargetException e) { // others: the container is missing
      return !(e.getCause() instanceof ProblemException refused
          && String.valueOf(refused.getMessage()).startsWith("Unknown parameter"));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void nameEveryParameterOfOtherCalls() {
    OTHER_CALLS.forEach(
        (call, names) ->
            assertThat(parameters(operations().getOrDefault(call, openApi)))
                .as(call)
                .containsExactlyInAnyOrderElementsOf(names));
    channels()
        .forEach(
            (path, channel) ->
                assertThat(
                        channel.getValue("/bindings/ws/query/properties").asJsonObject().keySet())
                    .as(path)
                    .containsExactlyInAnyOrderElementsOf(
                        OTHER_CALLS.getOrDefault("get " + path, List.of())));
  }

  /** The names of an operation's query parameters. */
  private Set<String> parameters(JsonObject operation) {
    JsonArray all = operation.getJsonArray("parameters");
    return all == null
        ? Set.of()
        : all.stream()
            .map(one -> resolved(one.asJsonObject()))
            .filter(one -> one.getString("in").equals("query"))
            .map(one -> one.getString("name"))
            .collect(Collectors.toCollection(TreeSet::new));
  }

  private JsonObject resolved(JsonObject value) {
    return value.containsKey("$ref")
        ? openApi.getValue(value.getString("$ref").substring(1)).asJsonObject()
        : value;
  }

  @Test
  void nameEveryFieldOfABody() {
    assertThat(bodyFields("post /v1/init")).containsExactlyInAnyOrderElementsOf(Parameters.INIT);
    assertThat(bodyFields("post /v1/snapshot/data"))
        .containsExactlyInAnyOrderElementsOf(Parameters.PAGE);
  }

  private Set<String> bodyFields(String call) {
    return operations()
        .getOrDefault(call, openApi)
        .getValue("/requestBody/content/application~1json/schema/properties")
        .asJsonObject()
        .keySet();
  }

  // Codes

  @Test
  void nameEveryStatusWithItsCodes() {
    Stream<ErrorBody> problems =
        Stream.of(Problem.values()).map(one -> Errors.of(new ProblemException(one, "", "")));
    Stream<ErrorBody> statuses =
        IntStream.concat(IntStream.rangeClosed(400, 499), IntStream.of(500, 503))
            .mapToObj(status -> Errors.ofStatus(status, null))
            .filter(error -> error.status() == 400 || !error.code().equals("bad_request"));
    Map<String, Set<String>> known = new TreeMap<>();
    Stream.concat(problems, statuses)
        .forEach(
            error ->
                known
                    .computeIfAbsent("" + error.status(), status -> new TreeSet<>())
                    .add(error.code()));
    known.get("503").add(object(Availability.STARTING).getString("code"));
    Map<String, Set<String>> described = new TreeMap<>();
    openApi
        .getJsonObject("components")
        .getJsonObject("responses")
        .forEach(
            (status, response) -> {
              if (!status.equals("default")) {
                described.put(status, texts(response.asJsonObject().getValue("/x-codes")));
              }
            });
    assertThat(described).isEqualTo(known);
    Set<String> codes = known.values().stream().flatMap(Set::stream).collect(toSet());
    assertThat(texts(Descriptions.document("schema/error.json").getValue("/properties/code/enum")))
        .isEqualTo(codes);
    JsonObject end = Descriptions.document("schema/table-end.json");
    assertThat(texts(end.getValue("/oneOf/1/properties/code/enum"))).isEqualTo(codes);
  }

  private static Set<String> texts(JsonValue array) {
    return array.asJsonArray().stream()
        .map(text -> ((JsonString) text).getString())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** With what websocket.md says of reconnecting. */
  @Test
  void nameEveryCloseCode() throws IOException {
    Map<String, String> reconnect = new HashMap<>();
    Pattern.compile("(?m)^\\| (\\d{4}) \\| .*\\| (yes|no|later|after fixing)[^|]*\\|$")
        .matcher(Files.readString(java.nio.file.Path.of("src/docs/websocket.md")))
        .results()
        .forEach(
            row -> reconnect.put(row.group(1), row.group(2).replaceFirst("after fixing", "fixed")));
    assertThat(
            asyncApi.getJsonArray("x-close-codes").stream()
                .map(JsonValue::asJsonObject)
                .map(
                    one ->
                        one.getInt("code")
                            + " "
                            + one.getString("reason")
                            + " "
                            + one.getString("reconnect")))
        .containsExactlyInAnyOrderElementsOf(
            Stream.of(CloseReason.values())
                .map(
                    one ->
                        CloseCodes.code(one)
                            + " "
                            + CloseCodes.name(one)
                            + " "
                            + reconnect.get("" + CloseCodes.code(one)))
                .toList());
    JsonObject bye =
        Descriptions.document("schema/feed-notice.json")
            .getValue("/$defs/bye/properties")
            .asJsonObject();
    assertThat(bye.getValue("/code/enum").asJsonArray().stream().map(String::valueOf))
        .containsExactlyInAnyOrderElementsOf(
            Stream.of(CloseReason.values()).map(one -> "" + CloseCodes.code(one)).toList());
    assertThat(texts(bye.getValue("/reason/enum")))
        .isEqualTo(Stream.of(CloseReason.values()).map(CloseCodes::name).collect(toSet()));
  }

  // Settings and answers

  @Test
  void nameEverySetting() {
    assertThat(
            texts(
                Descriptions.document("schema/about.json")
                    .getValue("/properties/settings/required")))
        .isEqualTo(Settings.read(name -> null).shown().keySet());
  }

  /** The answers that leave nothing out; those that ask PostgreSQL are checked where it is. */
  private static Map<String, String> answers() {
    Map<String, String> answers = new TreeMap<>();
    Map.of(
            "new-slot", SampleBodies.init(),
            "slot", SampleBodies.slot(),
            "moved", SampleBodies.moved(),
            "feed", SampleBodies.feed(),
            "table", SampleBodies.table(),
            "status", SampleBodies.status(),
            "snapshot", SampleBodies.snapshot())
        .forEach((name, body) -> answers.put(name, JsonbBuilder.create().toJson(body)));
    Finding finding =
        new Finding(
            "check", Finding.Severity.INFO, "x", "It is so.", Fix.of(Fix.Who.OWNER, "Do", "it"));
    answers.put(
        "examination",
        ExaminationText.json(
            new Examination(
                "PostgreSQL 18",
                Instant.EPOCH,
                Duration.ZERO,
                List.of(finding),
                List.of("other"),
                List.of(new Examination.Skipped("third", "no right")))));
    return answers;
  }

  @Test
  void nameEveryFieldOfTheAnswersAndNoOther() {
    answers()
        .forEach(
            (name, json) -> {
              String schema = "schema/" + name + ".json";
              assertThat(Descriptions.violations(schema, json)).as(name + ": " + json).isEmpty();
              assertThat(unseen(Descriptions.document(schema), object(json)))
                  .as(name + ": " + json)
                  .filteredOn(field -> !field.equals(".streams[].lastSent")) // nothing was
                  .isEmpty();
            });
  }

  /** Described fields that an answer does not have; what a reference leads to is not looked at. */
  private static List<String> unseen(JsonObject schema, JsonValue value) {
    List<String> unseen = new ArrayList<>();
    if (schema.get("properties") instanceof JsonObject properties) {
      properties.forEach(
          (name, member) -> {
            JsonValue there = value.asJsonObject().get(name);
            if (there == null) {
              unseen.add("." + name);
            } else {
              unseen(member.asJsonObject(), there).forEach(one -> unseen.add("." + name + one));
            }
          });
    }
    if (schema.get("items") instanceof JsonObject items && !value.asJsonArray().isEmpty()) {
      unseen(items, value.asJsonArray().get(0)).forEach(one -> unseen.add("[]" + one));
    }
    return unseen;
  }

  // Messages

  @Test
  void describeTheMessagesOfFormat1() throws IOException {
    List<String> messages = new ArrayList<>(Vectors.wal2Json());
    messages.addAll(EveryMessage.transactions(false));
    messages.addAll(EveryMessage.transactions(true));
    messages.add("{\"change\":[{\"kind\":\"truncate\",\"table\":\"t\"}],\"more\":true}");
    assertDescribed("schema/message-1.json", messages);
  }

  @Test
  void describeTheMessagesOfFormat2() throws IOException {
    List<String> messages = new ArrayList<>(Vectors.wal2JsonActions());
    messages.addAll(EveryMessage.changes(false));
    messages.addAll(EveryMessage.changes(true));
    assertDescribed("schema/message-2.json", messages);
  }

  /** Each message is as the schema says, and each property that it names occurs. */
  private static void assertDescribed(String schema, List<String> messages) {
    assertThat(messages).hasSizeGreaterThan(100);
    for (String message : messages) {
      assertThat(Descriptions.violations(schema, message)).as(message).isEmpty();
    }
    String all = String.join("\n", messages);
    assertThat(properties(Descriptions.document(schema)))
        .isNotEmpty()
        .allMatch(name -> all.contains("\"" + name + "\":"));
  }

  /** The names of all properties anywhere in a schema. */
  private static Set<String> properties(JsonValue value) {
    Set<String> names = new TreeSet<>();
    if (value instanceof JsonObject object) {
      if (object.get("properties") instanceof JsonObject properties) {
        names.addAll(properties.keySet());
      }
      object.values().forEach(member -> names.addAll(properties(member)));
    }
    return names;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "message-1 | {\"nextlsn\":\"0/1\"}",
        "message-1 | {\"nextlsn\":\"0/1z\",\"change\":[]}",
        "message-1 | {\"nextlsn\":\"0/1\",\"change\":[],\"colour\":1}",
        "message-1 | {\"change\":[{\"kind\":\"insert\",\"table\":\"t\",\"columnnames\":[\"a\"]}]}",
        "message-1 | {\"change\":[{\"kind\":\"upsert\",\"table\":\"t\"}]}",
        "message-2 | {\"action\":\"C\"}",
        "message-2 | {\"action\":\"T\",\"table\":\"t\",\"columns\":[]}",
        "acknowledgement | {\"reply\":true}",
        "acknowledgement | {\"lsn\":\"0/1\",\"ack\":true}",
        "error | {\"error\":\"x\",\"code\":\"y\",\"retry\":false}",
        "table-end | {\"complete\":true}",
        "table-end | {\"complete\":false,\"code\":\"internal\"}",
        "stream-notice | {\"hello\":{}}",
        "feed-notice | {\"live\":{\"lsn\":1}}",
        "pull | {\"messages\":[{}],\"position\":\"0/1\",\"live\":true}"
      })
  void refuseWhatIsOtherwise(String schema, String json) {
    assertThat(Descriptions.violations("schema/" + schema + ".json", json)).isNotEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "acknowledgement | {\"lsn\":\"0/1\"}",
        "acknowledgement | {\"lsn\":\"16/B374D848\",\"reply\":true}",
        "table-end | {\"complete\":true,\"rows\":3}",
        "stream-notice | {\"ack\":\"0/1\"}",
        "feed-notice | {\"live\":{\"lsn\":\"0/1\"}}",
        "pull | {\"messages\":[{\"change\":[]}],\"position\":\"7f3a9c1e.1.5d2e8a01.0/1\",\"live\":true}"
      })
  void takeWhatIsSo(String schema, String json) {
    assertThat(Descriptions.violations("schema/" + schema + ".json", json)).isEmpty();
  }

  /** The check that the black-box suites make of each answer can fail. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "GET | /v1/slots/ | 200 | application/json | []         |",
        "GET | /v1/slots/a | 404 | application/json | {\"error\":\"x\",\"code\":\"slot_not_found\",\"retry\":false} |",
        "GET | /v1/nothing | 404 | application/json | {\"error\":\"x\",\"code\":\"not_found\",\"retry\":false} |",
        "DELETE | /v1/slots/a | 204 | `` | `` |",
        "GET | /v1/snapshot/stream?table=t | 200 | application/x-ndjson | {\"complete\":true,\"rows\":0} |",
        "GET | /v1/slots | 200 | application/json | [{}]       | required",
        "GET | /v1/slots | 200 | text/html        | []         | no content of type 'text/html'",
        "GET | /v1/slots | 204 | ``               | ``         | no GET /v1/slots that answers 204",
        "GET | /v1/other | 200 | application/json | {}         | no GET /v1/other that answers 200",
        "GET | /v1/slots/a | 404 | application/json | {\"error\":\"x\",\"code\":\"slot_busy\",\"retry\":false} | no code 'slot_busy'",
        "GET | /v1/snapshot/stream?table=t | 200 | application/x-ndjson | {\"id\":1} | line 0 of 1",
        "DELETE | /v1/slots/a | 204 | application/json | {} | no content"
      })
  void refuseAnswersThatAreOtherwise(
      String method, String path, int status, String type, String body, String wrong) {
    String said = "";
    try {
      Descriptions.answer(method, path, status, type, body);
    } catch (AssertionError e) {
      said = String.valueOf(e.getMessage());
    }
    assertThat(said).contains(wrong == null ? "" : wrong);
    assertThat(said.isEmpty()).isEqualTo(wrong == null);
  }

  /** Nor is a message or an event passed over. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/v1/lr/stream?slotName=a | {\"change\":[]}               | true",
        "/v1/lr/stream?slotName=a | {\"action\":\"B\"}             | true",
        "/v1/lr/stream?slotName=a | {\"ack\":\"0/1\"}              | true",
        "/v1/lr/stream?slotName=a | {\"live\":{\"lsn\":\"0/1\"}}   | false",
        "/v1/lr/tail              | {\"change\":[{\"kind\":\"x\"}]} | false",
        "/v1/feeds/a/stream       | {\"live\":{\"lsn\":\"0/1\"}}   | true",
        "/v1/feeds/a/stream       | {\"ack\":\"0/1\"}              | false",
        "/v1/other                | {\"change\":[]}               | false"
      })
  void refuseMessagesThatAreOtherwise(String path, String message, boolean described) {
    assertThat(passes(() -> Descriptions.message(path, message))).isEqualTo(described);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "``    | {\"change\":[]}                                            | true",
        "``    | ``                                                         | true",
        "bye   | {\"code\":4000,\"reason\":\"upstream_lost\",\"detail\":\"x\"} | true",
        "bye   | {\"code\":1,\"reason\":\"upstream_lost\",\"detail\":\"x\"}    | false",
        "hello | ``                                                         | false",
        "other | {}                                                         | false"
      })
  void refuseEventsThatAreOtherwise(String name, String data, boolean described) {
    assertThat(passes(() -> Descriptions.event(name, data))).isEqualTo(described);
  }

  private static boolean passes(Runnable check) {
    try {
      check.run();
      return true;
    } catch (AssertionError e) {
      return false;
    }
  }
}
