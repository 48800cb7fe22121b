package org.pgdeltastream.web;

import jakarta.json.Json;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import jakarta.json.stream.JsonParser;
import java.io.StringReader;
import java.util.NoSuchElementException;
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
    for (String field : object.keySet()) {
      if (!field.equals("lsn") && !field.equals("reply")) {
        throw new IllegalArgumentException("unknown field " + shown(field));
      }
    }
    if (!(object.get("lsn") instanceof JsonString lsn)) {
      throw new IllegalArgumentException("want {\"lsn\":\"0/170FCB0\"}, got " + shown(message));
    }
    return new Acknowledgement(lsn(lsn.getString()), reply(object.get("reply")));
  }

  private static JsonObject object(String message) {
    try (JsonParser parser = Json.createParser(new StringReader(message))) {
      if (parser.next() == JsonParser.Event.START_OBJECT) {
        JsonObject object = parser.getObject();
        if (!parser.hasNext()) { // anything behind the object is an error here, at the latest
          return object;
        }
      }
    } catch (JsonException | NoSuchElementException e) {
      throw new IllegalArgumentException("not JSON: " + shown(message), e);
    }
    throw new IllegalArgumentException("not a JSON object: " + shown(message));
  }

  private static Lsn lsn(String text) {
    try {
      return Lsn.parse(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("not an LSN: " + shown(text), e);
    }
  }

  private static boolean reply(@Nullable JsonValue value) {
    if (value == null || value == JsonValue.FALSE) {
      return false;
    }
    if (value == JsonValue.TRUE) {
      return true;
    }
    throw new IllegalArgumentException(
        "reply must be true or false, got " + shown(value.toString()));
  }

  private static String shown(String text) {
    String printable = text.replaceAll("\\p{Cntrl}", "?");
    return printable.length() > 60 ? printable.substring(0, 60) + "…" : printable;
  }
}
