package org.pgdeltastream.web.http;

import jakarta.json.Json;
import jakarta.json.stream.JsonParser;
import jakarta.json.stream.JsonParserFactory;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;

/** Reads a request's body as one JSON text, bounded in size and depth, each key once. */
public final class BodyReader {
  public static final int MOST_BYTES = 64 << 10;
  private static final int MOST_DEPTH = 9;

  /** Apache Johnzon has limits of its own, which servers set; others pass over its words. */
  private static final JsonParserFactory PARSERS =
      Json.createParserFactory(
          Map.of(
              "org.apache.johnzon.max-string-length",
              MOST_BYTES,
              "org.apache.johnzon.default-char-buffer",
              MOST_BYTES));

  private BodyReader() {}

  /**
   * A request's body, whatever its Content-Type says: curl's usual one is a form's.
   *
   * @return empty where there is none
   */
  public static Optional<JsonTree> read(HttpServletRequest request) {
    String encoding = request.getHeader("Content-Encoding");
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      // a compressed body could be far larger than what came in
      throw Input.bad("Content-Encoding " + Input.shown(encoding) + " is not taken");
    }
    String text = text(bytes(request));
    return text.isBlank() ? Optional.empty() : Optional.of(parse(text));
  }

  public static JsonTree read(byte[] body) {
    return parse(text(body));
  }

  /** A file's text, which may be larger. */
  public static JsonTree readFile(byte[] text) {
    return parse(Input.utf8(text, "The file"));
  }

  private static byte[] bytes(HttpServletRequest request) {
    try {
      return Body.read(request, MOST_BYTES + 1);
    } catch (ProblemException e) {
      throw e;
    } catch (IOException | RuntimeException e) { // chunks that are none, or the client has gone
      throw Input.bad("The body cannot be read to its end", e);
    }
  }

  private static String text(byte[] bytes) {
    if (bytes.length > MOST_BYTES) {
      throw new ProblemException(
          Problem.PAYLOAD_TOO_LARGE, "The body is larger than " + MOST_BYTES + " bytes", "");
    }
    return Input.utf8(bytes, "The body");
  }

  public static JsonTree parse(String text) {
    try (JsonParser parser = PARSERS.createParser(new StringReader(text))) {
      JsonTree tree = value(parser, parser.next(), 1);
      if (parser.hasNext()) {
        throw Input.bad("The body goes on after its JSON");
      }
      return tree;
    } catch (ProblemException e) {
      throw e;
    } catch (RuntimeException e) { // a parser throws whatever it likes: of nothing, say, an index
      throw Input.bad("The body is not JSON", e);
    }
  }

  private static JsonTree value(JsonParser parser, JsonParser.Event event, int depth) {
    if (depth > MOST_DEPTH) {
      throw Input.bad("The body is nested deeper than " + MOST_DEPTH);
    }
    return switch (event) {
      case START_OBJECT -> fields(parser, depth);
      case START_ARRAY -> items(parser, depth);
      case VALUE_STRING -> new JsonTree.Text(parser.getString());
      case VALUE_NUMBER -> new JsonTree.Numeral(parser.getString());
      case VALUE_TRUE -> new JsonTree.Flag(true);
      case VALUE_FALSE -> new JsonTree.Flag(false);
      case VALUE_NULL -> new JsonTree.Null();
      case KEY_NAME, END_OBJECT, END_ARRAY -> throw Input.bad("The body is not JSON");
    };
  }

  private static JsonTree fields(JsonParser parser, int depth) {
    Map<String, JsonTree> members = new LinkedHashMap<>();
    while (parser.next() == JsonParser.Event.KEY_NAME) {
      String name = parser.getString();
      if (members.putIfAbsent(name, value(parser, parser.next(), depth + 1)) != null) {
        throw Input.bad("Field " + Input.shown(name) + " is given twice");
      }
    }
    return new JsonTree.Fields(members);
  }

  private static JsonTree items(JsonParser parser, int depth) {
    List<JsonTree> items = new ArrayList<>();
    JsonParser.Event event = parser.next();
    while (event != JsonParser.Event.END_ARRAY) {
      items.add(value(parser, event, depth + 1));
      event = parser.next();
    }
    return new JsonTree.Items(items);
  }
}
