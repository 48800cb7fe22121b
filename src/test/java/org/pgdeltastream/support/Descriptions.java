package org.pgdeltastream.support;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.pgdeltastream.web.ops.DescriptionServlet;

/**
 * The descriptions of the API, taken strictly: a field that a schema does not name is wrong, though
 * the schemas let clients pass over such fields. Refusals are AssertionErrors.
 */
public final class Descriptions {
  private static final String BASE = "http://localhost/v1/";
  private static final int SHOWN = 2000;

  /** Of any call: a method that it has not, an Accept or a body that it does not take. */
  private static final List<Integer> OF_ANY_CALL = List.of(405, 406, 413, 429);

  private static final SchemaRegistry REGISTRY =
      SchemaRegistry.withDefaultDialect(
          SpecificationVersion.DRAFT_2020_12,
          builder -> builder.schemas((String iri) -> iri.startsWith(BASE) ? strict(iri) : null));

  private static final Map<String, Schema> SCHEMAS = new ConcurrentHashMap<>();
  private static final JsonObject OPEN_API = document("openapi.json");
  private static final JsonObject ASYNC_API = document("asyncapi.json");

  private Descriptions() {}

  /** One of the files, by its name below {@code /v1/}. */
  public static JsonObject document(String name) {
    return ServerClient.object(text(name));
  }

  /** The same as it is. */
  public static String text(String name) {
    try (InputStream file =
        Objects.requireNonNull(
            DescriptionServlet.class.getResourceAsStream("description/" + name), name)) {
      return new String(file.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String strict(String iri) {
    return strict(document(iri.substring(BASE.length()))).toString();
  }

  private static JsonValue strict(JsonValue value) {
    if (value instanceof JsonArray array) {
      JsonArrayBuilder all = Json.createArrayBuilder();
      array.forEach(item -> all.add(strict(item)));
      return all.build();
    }
    if (!(value instanceof JsonObject object)) {
      return value;
    }
    JsonObjectBuilder all = Json.createObjectBuilder();
    object.forEach((name, member) -> all.add(name, strict(member)));
    boolean closes = object.containsKey("properties") && object.containsKey("type");
    if (closes && !object.containsKey("additionalProperties")) {
      all.add("additionalProperties", false);
    }
    return all.build();
  }

  /**
   * What is wrong with a JSON text; nothing if it is as the schema says.
   *
   * @param schema one that could stand in openapi.json: its references are relative to that
   */
  public static List<String> violations(JsonValue schema, String json) {
    String text = strict(schema).toString();
    return SCHEMAS
        .computeIfAbsent(
            text,
            key ->
                REGISTRY.getSchema(
                    SchemaLocation.of(BASE + "inline-" + SCHEMAS.size() + ".json"),
                    key,
                    InputFormat.JSON))
        .validate(json, InputFormat.JSON)
        .stream()
        .map(Object::toString)
        .toList();
  }

  /** Of the schema that is meant: {@code schema/slot.json}. */
  public static List<String> violations(String reference, String json) {
    return violations(Json.createObjectBuilder().add("$ref", reference).build(), json);
  }

  /**
   * Refuses an answer that openapi.json does not describe.
   *
   * @param path as it was asked, below the application's own, with its query string
   * @param type its Content-Type, empty if it has none
   */
  public static void answer(String method, String path, int status, String type, String body) {
    String called = method + " " + path;
    Optional<JsonObject> response = response(method, path, status);
    if (response.isEmpty()) {
      return;
    }
    JsonObject content = response.get().getJsonObject("content");
    String media = type.replaceFirst(" *;.*", "");
    if (content == null ? !body.isEmpty() : !content.containsKey(media)) {
      throw wrong(called, status, List.of("no content of type '" + media + "'"), body);
    }
    if (content != null && !method.equals("HEAD")) {
      List<String> violations =
          new ArrayList<>(violations(content.getJsonObject(media), path, media, body));
      violations.addAll(codesViolate(response.get(), body));
      if (!violations.isEmpty()) {
        throw wrong(called, status, violations, body);
      }
    }
  }

  private static List<String> violations(
      JsonObject content, String path, String media, String body) {
    if (content.containsKey("x-itemSchema")) {
      return linesViolate(content, path, body.lines().toList());
    }
    return media.endsWith("json") ? violations(content.getValue("/schema"), body) : List.of();
  }

  private static List<String> codesViolate(JsonObject response, String body) {
    JsonArray codes = response.getJsonArray("x-codes");
    if (codes == null) {
      return List.of();
    }
    String code = ServerClient.object(body).getString("code", "");
    return codes.contains(Json.createValue(code)) ? List.of() : List.of("no code '" + code + "'");
  }

  private static AssertionError wrong(
      String what, int status, List<String> violations, String body) {
    return new AssertionError(
        "%s: %s answered %d, which openapi.json describes otherwise:%n  %s%n%s"
            .formatted(
                "Not as described",
                what,
                status,
                String.join("\n  ", violations),
                body.substring(0, Math.min(SHOWN, body.length()))));
  }

  private static List<String> linesViolate(JsonObject described, String path, List<String> lines) {
    boolean ends = !path.contains("trailer=false");
    for (int i = 0; i < lines.size(); i++) {
      boolean isEnd = ends && i == lines.size() - 1;
      List<String> violations =
          violations(
              described.getValue(isEnd ? "/x-lastItemSchema" : "/x-itemSchema"), lines.get(i));
      if (!violations.isEmpty()) {
        return Stream.concat(Stream.of("line " + i + " of " + lines.size()), violations.stream())
            .toList();
      }
    }
    return List.of();
  }

  /** What describes the answer; nothing where the call is none of this API. */
  private static Optional<JsonObject> response(String method, String path, int status) {
    String plain = path.replaceFirst("[?].*", "").replaceFirst("(?<=.)/$", "");
    if (!plain.startsWith("/v1/") || method.equals("OPTIONS")) {
      return Optional.empty();
    }
    JsonObject paths = OPEN_API.getJsonObject("paths");
    String verb = method.equals("HEAD") ? "get" : method.toLowerCase(java.util.Locale.ROOT);
    Optional<JsonObject> operation =
        paths.keySet().stream()
            .filter(template -> isOf(template, plain))
            .min(Comparator.comparing(template -> template.contains("{")))
            .map(template -> paths.getJsonObject(template).getJsonObject(verb));
    JsonObject responses =
        operation
            .map(found -> found.getJsonObject("responses"))
            .orElse(JsonObject.EMPTY_JSON_OBJECT);
    JsonObject response = responses.getJsonObject(String.valueOf(status));
    if (response == null) {
      if (operation.isPresent() ? !OF_ANY_CALL.contains(status) : status < 400) {
        throw new AssertionError(
            "openapi.json describes no %s %s that answers %d".formatted(method, plain, status));
      }
      response = OPEN_API.getValue("/components/responses/default").asJsonObject();
    }
    return Optional.of(resolved(OPEN_API, response));
  }

  /** What a reference inside of the document leads to; itself if it is none. */
  private static JsonObject resolved(JsonObject document, JsonObject value) {
    String reference = value.getString("$ref", "#");
    return reference.equals("#")
        ? value
        : resolved(document, document.getValue(reference.substring(1)).asJsonObject());
  }

  private static boolean isOf(String template, String path) {
    return path.matches(template.replace(".", "\\.").replaceAll("\\{\\w+}", "[^/]+"));
  }

  /** Refuses a message of a websocket that asyncapi.json does not describe. */
  public static void message(String path, String text) {
    String plain = path.replaceFirst("[?].*", "");
    JsonObject channel =
        ASYNC_API.getJsonObject("channels").values().stream()
            .map(JsonValue::asJsonObject)
            .filter(one -> isOf(one.getString("address"), plain))
            .findFirst()
            .orElseThrow(() -> new AssertionError("asyncapi.json describes no " + plain));
    List<String> least =
        ASYNC_API.getJsonObject("operations").values().stream()
            .map(JsonValue::asJsonObject)
            .filter(one -> one.getString("action").equals("send"))
            .filter(one -> resolved(ASYNC_API, one.getJsonObject("channel")).equals(channel))
            .flatMap(one -> one.getJsonArray("messages").stream())
            .map(one -> resolved(ASYNC_API, one.asJsonObject()).getJsonObject("payload"))
            .map(payload -> violations(payload, text))
            .min(Comparator.comparing(List::size))
            .orElseThrow();
    if (!least.isEmpty()) {
      throw new AssertionError(
          "Not as described: asyncapi.json has no such message of %s:%n  %s%n%s"
              .formatted(
                  plain,
                  String.join("\n  ", least),
                  text.substring(0, Math.min(SHOWN, text.length()))));
    }
  }

  /** Refuses a server-sent event that openapi.json does not describe. */
  public static void event(String name, String data) {
    JsonObject events =
        OPEN_API
            .getValue(
                "/paths/~1v1~1feeds~1{feed}~1stream/get/responses/200/content/text~1event-stream"
                    + "/x-events")
            .asJsonObject();
    JsonValue schema = events.get(name.isEmpty() ? "message" : name);
    boolean isOnlyId = name.isEmpty() && data.isEmpty();
    List<String> violations =
        isOnlyId
            ? List.of()
            : schema == null ? List.of("no event " + name) : violations(schema, data);
    if (!violations.isEmpty()) {
      throw new AssertionError(
          "Not as described: openapi.json has no such event:%n  %s%n%s: %s"
              .formatted(String.join("\n  ", violations), name, data));
    }
  }
}
