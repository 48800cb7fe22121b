package org.pgdeltastream.web.http;

import java.util.List;
import java.util.Map;

/** A JSON text as it was sent: numbers keep their digits, nothing is converted yet. */
public sealed interface JsonTree {
  record Fields(Map<String, JsonTree> members) implements JsonTree {}

  record Items(List<JsonTree> items) implements JsonTree {}

  record Text(String value) implements JsonTree {}

  record Numeral(String digits) implements JsonTree {}

  record Flag(boolean value) implements JsonTree {}

  record Null() implements JsonTree {}
}
