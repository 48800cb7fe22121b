package org.pgdeltastream.web.http;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** One JSON object's fields by name and type; null counts as left out. */
public final class BodyFields {
  private static final Pattern WHOLE = Pattern.compile("-?[0-9]{1,18}");

  private final String path;
  private final Map<String, JsonTree> members;

  private BodyFields(String path, Map<String, JsonTree> members) {
    this.path = path;
    this.members = members;
  }

  /**
   * Takes an object that has no other fields than these.
   *
   * @param what the object's name in a refusal; empty for the body itself
   */
  public static BodyFields of(JsonTree tree, String what, String... known) {
    if (!(tree instanceof JsonTree.Fields fields)) {
      throw Input.bad((what.isEmpty() ? "The body" : what) + " must be a JSON object");
    }
    String path = what.isEmpty() ? "" : what + ".";
    for (String name : fields.members().keySet()) {
      if (!List.of(known).contains(name)) {
        throw Input.bad("Unknown field " + Input.shown(path + name));
      }
    }
    return new BodyFields(path, fields.members());
  }

  public Optional<JsonTree> any(String name) {
    return Optional.ofNullable(members.get(name)).filter(tree -> !(tree instanceof JsonTree.Null));
  }

  public Optional<String> text(String name) {
    return any(name).map(tree -> text(tree, path + name + " must be a string"));
  }

  public String needed(String name) {
    return text(name).orElseThrow(() -> Input.bad("Field " + path + name + " is missing"));
  }

  public List<String> texts(String name) {
    Optional<JsonTree> list = any(name);
    if (list.isEmpty()) {
      return List.of();
    }
    String wanted = path + name + " must be a list of strings";
    if (list.get() instanceof JsonTree.Items items) {
      return items.items().stream().map(item -> text(item, wanted)).toList();
    }
    throw Input.bad(wanted);
  }

  /** False if it is left out. */
  public boolean flag(String name) {
    Optional<JsonTree> flag = any(name);
    if (flag.isEmpty()) {
      return false;
    }
    if (flag.get() instanceof JsonTree.Flag given) {
      return given.value();
    }
    throw Input.bad(path + name + " must be true or false");
  }

  /** An object whose members have names of their own; none if it is left out. */
  public Map<String, JsonTree> members(String name) {
    Optional<JsonTree> object = any(name);
    if (object.isEmpty()) {
      return Map.of();
    }
    if (object.get() instanceof JsonTree.Fields fields) {
      return fields.members();
    }
    throw Input.bad(path + name + " must be a JSON object");
  }

  public long whole(String name, long usual, long least, long most) {
    Optional<JsonTree> number = any(name);
    if (number.isEmpty()) {
      return usual;
    }
    String wanted = path + name + " must be a whole number from " + least + " to " + most;
    if (number.get() instanceof JsonTree.Numeral numeral
        && WHOLE.matcher(numeral.digits()).matches()) {
      long value = Long.parseLong(numeral.digits());
      if (value >= least && value <= most) {
        return value;
      }
    }
    throw Input.bad(wanted);
  }

  private static String text(JsonTree tree, String wanted) {
    if (!(tree instanceof JsonTree.Text text)) {
      throw Input.bad(wanted);
    }
    if (text.value().indexOf('\0') >= 0) {
      throw Input.bad(wanted + " without a zero character");
    }
    return text.value();
  }
}
