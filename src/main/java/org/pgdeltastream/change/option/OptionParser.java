package org.pgdeltastream.change.option;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.pgdeltastream.change.Action;

/** Makes {@link ChangeOptions} of a client's text; checks every value. */
final class OptionParser {
  private static final String FORMAT = "format";
  private static final String FORMAT_VERSION = "format-version";
  private static final String VALUES = "values";
  private static final String ACTIONS = "actions";
  private static final String ADD_TABLES = "add-tables";
  private static final String FILTER_TABLES = "filter-tables";
  private static final String ADD_PREFIXES = "add-msg-prefixes";
  private static final String FILTER_PREFIXES = "filter-msg-prefixes";
  private static final String FILTER_ORIGINS = "filter-origins";
  private static final String MAX_MESSAGE = "max-message";
  private static final int LAST_ORIGIN = 65_535;
  private static final int LARGEST_MESSAGE = 16 << 20;

  private final ChangeOptions.Source source;
  private final Map<String, String> pluginOptions = new LinkedHashMap<>();

  OptionParser(ChangeOptions.Source source) {
    this.source = source;
  }

  static List<String> names() {
    List<String> names =
        new ArrayList<>(
            List.of(
                FORMAT,
                FORMAT_VERSION,
                VALUES,
                ACTIONS,
                ADD_TABLES,
                FILTER_TABLES,
                ADD_PREFIXES,
                FILTER_PREFIXES,
                FILTER_ORIGINS,
                MAX_MESSAGE));
    for (Detail detail : Detail.values()) {
      names.add(detail.optionName());
    }
    return names;
  }

  ChangeOptions parse() {
    return new ChangeOptions(
        format(),
        details(),
        actions(),
        list(ADD_TABLES, TablePattern::parse),
        list(FILTER_TABLES, TablePattern::parse),
        list(ADD_PREFIXES, NameList::split),
        list(FILTER_PREFIXES, NameList::split),
        origins(),
        maxMessage(),
        Map.of(),
        Map.of(),
        Optional.empty(),
        pluginOptions);
  }

  private ChangeOptions.Format format() {
    String first = source.of(FORMAT).or(() -> source.of(FORMAT_VERSION)).orElse("1");
    String second = source.of(FORMAT_VERSION).orElse(first);
    if (!first.equals(second)) {
      throw new IllegalArgumentException("format and format-version differ");
    }
    return switch (first) {
      case "1" -> ChangeOptions.Format.TRANSACTIONS;
      case "2" -> ChangeOptions.Format.ACTIONS;
      default -> throw bad(source.of(FORMAT).isPresent() ? FORMAT : FORMAT_VERSION, "not 1 or 2");
    };
  }

  private Set<Detail> details() {
    Set<Detail> details = EnumSet.noneOf(Detail.class);
    for (Detail detail : Detail.values()) {
      Optional<Boolean> asked = source.of(detail.optionName()).map(word -> flag(detail, word));
      asked.ifPresent(on -> pluginOptions.put(detail.optionName(), String.valueOf(on)));
      if (asked.orElse(detail.usual())) {
        details.add(detail);
      }
    }
    if (source.of(VALUES).isPresent()) {
      if (!source.of(VALUES).get().equals("string")) {
        throw bad(VALUES, "not string");
      }
      if (source.of(Detail.NUMBERS_AS_TEXT.optionName()).isPresent()
          && !details.contains(Detail.NUMBERS_AS_TEXT)) {
        throw bad(VALUES, "contradicted by " + Detail.NUMBERS_AS_TEXT.optionName());
      }
      details.add(Detail.NUMBERS_AS_TEXT);
      pluginOptions.put(Detail.NUMBERS_AS_TEXT.optionName(), "true");
    }
    return details;
  }

  private static boolean flag(Detail detail, String word) {
    return switch (word) {
      case "true", "1" -> true;
      case "false", "0" -> false;
      default -> throw bad(detail.optionName(), "not true or false");
    };
  }

  private Set<Action> actions() {
    List<Action> actions =
        list(ACTIONS, word -> NameList.split(word).stream().map(OptionParser::action).toList());
    return actions.isEmpty() ? EnumSet.allOf(Action.class) : EnumSet.copyOf(actions);
  }

  private static Action action(String word) {
    for (Action action : Action.values()) {
      if (action.name().toLowerCase(Locale.ROOT).equals(word)) {
        return action;
      }
    }
    throw new IllegalArgumentException("not insert, update, delete or truncate");
  }

  private Set<Integer> origins() {
    return new LinkedHashSet<>(
        list(
            FILTER_ORIGINS,
            word -> NameList.split(word).stream().map(OptionParser::origin).toList()));
  }

  private static int origin(String word) {
    int number = word.matches("\\d{1,5}") ? Integer.parseInt(word) : 0;
    if (number < 1 || number > LAST_ORIGIN) {
      throw new IllegalArgumentException("not numbers of replication origins (1 to 65535)");
    }
    return number;
  }

  private int maxMessage() {
    Optional<String> word = source.of(MAX_MESSAGE);
    if (word.isEmpty()) {
      return 0;
    }
    int bytes = word.get().matches("[1-9]\\d{0,8}") ? Integer.parseInt(word.get()) : 0;
    if (bytes < 1 || bytes > LARGEST_MESSAGE) {
      throw bad(MAX_MESSAGE, "not a number of bytes up to " + LARGEST_MESSAGE);
    }
    return bytes;
  }

  private <T> List<T> list(String name, Function<String, List<T>> read) {
    Optional<String> word = source.of(name);
    if (word.isEmpty()) {
      return List.of();
    }
    try {
      List<T> items = read.apply(word.get());
      pluginOptions.put(name, word.get());
      return items;
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "Parameter " + name + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static IllegalArgumentException bad(String name, String what) {
    return new IllegalArgumentException("Parameter " + name + " is " + what);
  }
}
