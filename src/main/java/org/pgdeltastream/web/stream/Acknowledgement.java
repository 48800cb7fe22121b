package org.pgdeltastream.web.stream;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import jakarta.json.stream.JsonParser;
import java.io.StringReader;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;

/** What a client may send: {@code {"lsn":"0/170FCB0"}}, with {@code "reply":true} on request. */
record Acknowledgement(Lsn lsn, boolean reply) {
  /**
   * Reads a client's message.
   *
   * @throws IllegalArgumentException if it is anything else; the message is fit for a close frame
   */
  static Acknowledgement parse(String message) {
    JsonObject object = object(message);
    if (!Set.of("lsn", "reply").containsAll(object.keySet())) {
      throw bad("a field that is neither lsn nor reply", message);
    }
    if (!(object.get("lsn") instanceof JsonString lsn)) {
      throw bad("no lsn, or one that is no string", message);
    }
    return new Acknowledgement(lsn(lsn.getString()), reply(object.get("reply")));
  }

  private static Lsn lsn(String text) {
    try {
      return Lsn.parse(text);
    } catch (IllegalArgumentException e) {
      throw bad("not an LSN", text);
    }
  }

  private static JsonObject object(String message) {
    try (JsonParser parser = Json.createParser(new StringReader(message))) {
      if (parser.next() == JsonParser.Event.START_OBJECT) {
        JsonObject object = parser.getObject();
        if (!parser.hasNext()) { // anything behind the object is an error here, at the latest
          return object;
        }
      }
    } catch (RuntimeException e) { // a parser throws whatever it likes: of nothing, say, an index
      throw bad("not JSON", message);
    }
    throw bad("not one JSON object", message);
  }

  private static boolean reply(@Nullable JsonValue value) {
    if (value == null || value == JsonValue.FALSE) {
      return false;
    }
    if (value == JsonValue.TRUE) {
      return true;
    }
    throw new IllegalArgumentException("reply must be true or false");
  }

  /** Names only the length of what came: it may be an echo of a row. */
  private static IllegalArgumentException bad(String what, String message) {
    return new IllegalArgumentException(
        what + " (" + message.length() + " characters); want {\"lsn\":\"0/170FCB0\"}");
  }
}
