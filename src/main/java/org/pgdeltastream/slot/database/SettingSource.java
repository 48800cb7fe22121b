package org.pgdeltastream.slot.database;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.journal.shared.KafkaSettings;

/** The value of each setting, wherever it is set. */
record SettingSource(Function<String, ? extends Object> contextParameter) {
  Optional<String> text(String name) {
    return all(name).filter(value -> !value.isBlank()).findFirst();
  }

  /** Also one of blanks alone: a password may be that. */
  Optional<String> password(String name) {
    return all(name).filter(value -> !value.isEmpty()).findFirst();
  }

  private Stream<String> all(String name) {
    String property = "pgdelta." + name;
    String variable = SettingNames.variable(property);
    return Stream.<Object>of(
            Optional.ofNullable(System.getProperty(property)),
            Optional.ofNullable(System.getenv(variable)),
            Optional.ofNullable(contextParameter.apply(property)))
        .map(found -> (Optional<?>) found)
        .flatMap(Optional::stream)
        .map(Object::toString);
  }

  List<String> parts(String name, String separator) {
    return text(name).stream()
        .flatMap(value -> Stream.of(value.split(separator)))
        .map(String::strip)
        .filter(item -> !item.isEmpty())
        .toList();
  }

  boolean flag(String name) {
    return flag(name, "false");
  }

  private boolean flag(String name, String usual) {
    String value = text(name).orElse(usual);
    return switch (value) {
      case "true", "1" -> true;
      case "false", "0" -> false;
      default -> throw bad(name, value, "true or false");
    };
  }

  KafkaSettings kafka() {
    return new KafkaSettings(
        text("kafka"),
        text("kafka-config"),
        text("kafka-prefix").orElse("pgdelta."),
        number("kafka-replicas", 3, 1, 100),
        seconds("kafka-retention", 604_800, Integer.MAX_VALUE),
        flag("kafka-transactions", "true"),
        seconds("step-down", 15),
        flag("lead", "true"),
        storage());
  }

  private KafkaSettings.Storage storage() {
    String value = text("feed-storage").orElse("wal");
    return switch (value) {
      case "wal" -> KafkaSettings.Storage.WAL;
      case "kafka" -> KafkaSettings.Storage.KAFKA;
      default -> throw bad("feed-storage", value, "wal or kafka");
    };
  }

  Settings.Websocket websocket() {
    String value = text("websocket").orElse("auto");
    return switch (value) {
      case "auto" -> Settings.Websocket.AUTO;
      case "endpoint" -> Settings.Websocket.ENDPOINT;
      case "upgrade" -> Settings.Websocket.UPGRADE;
      default -> throw bad("websocket", value, "auto, endpoint or upgrade");
    };
  }

  /**
   * A quarter: the serial collector, which the JVM takes on small machines, keeps two thirds of the
   * heap for what lives long, where the program itself has 25 MB and more, and a collector that
   * copies needs space besides. HeapBudgetIT held with 128 MB, 256 MB and 1 GB.
   */
  long heapBytes() {
    long heap = Runtime.getRuntime().maxMemory();
    return number("heap-bytes", heap / 4, 1 << 20, heap);
  }

  int number(String name, int usual, int least, int most) {
    return (int) number(name, (long) usual, least, most);
  }

  long number(String name, long usual, long least, long most) {
    Optional<String> value = text(name);
    if (value.isEmpty()) {
      return usual;
    }
    try {
      long number = Long.parseLong(value.get());
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw bad(name, value.get(), "a whole number");
    }
    throw bad(name, value.get(), "a number from " + least + " to " + most);
  }

  Duration seconds(String name, int usual) {
    return seconds(name, usual, 1_000_000);
  }

  private Duration seconds(String name, int usual, int most) {
    return Duration.ofSeconds(number(name, usual, 1, most));
  }

  private static IllegalArgumentException bad(String name, String value, String wanted) {
    return new IllegalArgumentException(
        "Setting pgdelta." + name + " is '" + Shown.of(value) + "'; it must be " + wanted);
  }
}
