package org.pgdeltastream.launch.remote;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.launch.command.BadArgumentException;

/**
 * A command's arguments. An option takes one dash or two; an argument with :// in it is the
 * server's URL, wherever it stands.
 */
final class Options {
  private static final String USUAL_URL = "http://127.0.0.1:12312";

  private final String command;
  private final Map<String, List<String>> values = new LinkedHashMap<>();
  private final List<String> positional = new ArrayList<>();
  private @Nullable String url;

  private Options(String command) {
    this.command = command;
  }

  /**
   * Reads what stands behind the command's name.
   *
   * @param taking options that take a value
   * @param plain options that take none
   */
  static Options parse(
      String command, List<String> arguments, Set<String> taking, Set<String> plain)
      throws BadArgumentException {
    Options options = new Options(command);
    Deque<String> rest = new ArrayDeque<>(arguments);
    while (!rest.isEmpty()) {
      String argument = rest.removeFirst();
      if (argument.startsWith("-") && argument.length() > 1) {
        options.option(argument, rest, taking, plain);
      } else if (argument.contains("://")) {
        options.refuse(options.url != null, "takes one URL, and '" + argument + "' is a second");
        options.url = argument;
      } else {
        options.positional.add(argument);
      }
    }
    return options;
  }

  private void option(String argument, Deque<String> rest, Set<String> taking, Set<String> plain)
      throws BadArgumentException {
    String text = argument.replaceFirst("^--?", "");
    int equals = text.indexOf('=');
    String name = equals < 0 ? text : text.substring(0, equals);
    if (plain.contains(name) && equals < 0) {
      values.put(name, List.of());
      return;
    }
    refuse(!taking.contains(name), "has no option '--" + name + "'");
    String value = equals < 0 ? rest.pollFirst() : text.substring(equals + 1);
    if (value == null || value.isBlank()) {
      throw bad("needs a value after '--" + name + "'");
    }
    values.computeIfAbsent(name, one -> new ArrayList<>()).add(value);
  }

  /** The argument at this place; what it is for the message if it is missing. */
  String needed(int at, String what) throws BadArgumentException {
    refuse(at >= positional.size(), "needs " + what);
    return positional.get(at);
  }

  Optional<String> positional(int at) {
    return positional.stream().skip(at).findFirst();
  }

  void atMost(int count) throws BadArgumentException {
    if (positional.size() > count) {
      throw bad("has no use for '" + positional.get(count) + "'");
    }
  }

  String url() {
    return url == null ? USUAL_URL : url;
  }

  boolean has(String name) {
    return values.containsKey(name);
  }

  List<String> all(String name) {
    return values.getOrDefault(name, List.of());
  }

  Optional<String> value(String name) throws BadArgumentException {
    refuse(all(name).size() > 1, "takes '--" + name + "' once");
    return all(name).stream().findFirst();
  }

  /** One of some words, the first of which is the usual one. */
  String word(String name, String... words) throws BadArgumentException {
    String word = value(name).orElse(words[0]);
    refuse(!List.of(words).contains(word), "takes '--" + name + "' " + String.join(", ", words));
    return word;
  }

  /** Throws where what cannot be asked for is asked for. */
  void refuse(boolean wrong, String what) throws BadArgumentException {
    if (wrong) {
      throw bad(what);
    }
  }

  private BadArgumentException bad(String what) {
    return new BadArgumentException("%s %s; %s --help shows all".formatted(command, what, command));
  }
}
