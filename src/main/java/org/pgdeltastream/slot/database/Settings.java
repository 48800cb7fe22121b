package org.pgdeltastream.slot.database;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgdeltastream.change.Shown;

/**
 * Every setting of the program, read once. Each has one name: a system property {@code
 * pgdelta.send-timeout}, an environment variable {@code PGDELTA_SEND_TIMEOUT}, or a context
 * parameter of the WAR, named like the property; the first of these that is set counts.
 *
 * @param hosts names by which open mode may be called, besides those that no web page can take
 * @param node this server's name in {@code application_name}
 * @param snapshots how many may be open at the same time; 0: a quarter of {@code max_connections}
 * @param slotsMaximum how many slots of the pattern there may be for another to be made; 0: half of
 *     {@code max_replication_slots}
 * @param heapBytes what pages and large messages may take of the heap together
 * @param idleWalBytes how much WAL a slot may hold whose client leaves empty transactions
 *     unacknowledged; 0: any amount
 * @param tableReaders how many whole tables are read at the same time; each holds a connection
 * @param catchUpBytes how much WAL a slot must have missed to be read by queries first; 0: never
 * @param wal2jsonWhole whether wal2json's format 1 is asked for whole transactions, not for chunks
 * @param websocket how frames are written: by the container, or by us on an upgraded connection
 * @param feeds made or read from the start: {@code name=publication,publication}
 * @param feedWindowBytes how much WAL a feed can send again, if it is not made with another number
 * @param feedWindowSeconds how old that may be
 * @param feedHeapBytes what the newest messages of a feed may take of the heap, in all formats
 * @param feedDiskBytes what a feed's journal may take of the disk
 * @param feedDirectory where the journal's files are; empty for the system's temporary files
 * @param subscribers how many clients may follow feeds
 * @param slotPattern a slot's name must match it; {@code *} stands for any characters
 */
public record Settings(
    Optional<String> databaseUrl,
    Optional<String> databaseUser,
    Optional<String> databasePassword,
    List<String> publications,
    List<String> tokens,
    List<String> origins,
    List<String> hosts,
    boolean open,
    String node,
    String slotPattern,
    Duration snapshotLease,
    Duration snapshotMaximum,
    int snapshotLimit,
    int snapshotPageBytes,
    int snapshots,
    int slotsMaximum,
    long heapBytes,
    int tableReaders,
    int streams,
    Websocket websocket,
    Duration sendTimeout,
    Duration hold,
    int idleWalBytes,
    int catchUpBytes,
    boolean wal2jsonWhole,
    Duration pingInterval,
    Duration pongTimeout,
    List<String> feeds,
    int feedWindowBytes,
    Duration feedWindowSeconds,
    int feedHeapBytes,
    int feedDiskBytes,
    Optional<String> feedDirectory,
    int subscribers,
    int subscribersPerAddress) {

  /** Who writes the frames of a stream; its client cannot see the difference. */
  public enum Websocket {
    /** The faster one where the application server was tested with it. */
    AUTO,
    ENDPOINT,
    UPGRADE
  }

  /**
   * Reads all settings.
   *
   * @param contextParameter the WAR's context parameters by name, null where one is not set
   * @throws IllegalArgumentException if one is not of its form; the message names it
   */
  public static Settings read(Function<String, ? extends Object> contextParameter) {
    Source source = new Source(contextParameter);
    return new Settings(
        source.text("database-url"),
        source.text("database-user"),
        source.password("database-password"),
        source.parts("publications", ","),
        source.parts("tokens", ","),
        source.parts("origins", ","),
        source.parts("hosts", ","),
        source.flag("open"),
        source.text("node").orElse("main"),
        source.text("slot-pattern").orElse("delta_*"),
        source.seconds("snapshot-lease", 900),
        source.seconds("snapshot-maximum", 7200),
        source.number("snapshot-limit", 10_000, 1, 1_000_000),
        source.number("snapshot-page-bytes", 64 << 20, 1 << 16, 1 << 30),
        source.number("snapshots", 0, 1, 100_000),
        source.number("slots-maximum", 0, 1, 100_000),
        source.heapBytes(),
        source.number("table-readers", 24, 1, 100_000),
        source.number("streams", 64, 1, 100_000),
        source.websocket(),
        source.seconds("send-timeout", 15),
        source.seconds("hold", 30),
        source.number("idle-wal-bytes", 64 << 20, 0, Integer.MAX_VALUE),
        source.number("catch-up-bytes", 64 << 20, 0, 256 << 20),
        source.flag("wal2json-whole"),
        source.seconds("ping-interval", 10),
        source.seconds("pong-timeout", 15),
        source.parts("feeds", ";"),
        source.number("feed-window-bytes", 64 << 20, 1 << 20, Integer.MAX_VALUE),
        source.seconds("feed-window-seconds", 600),
        source.feedHeapBytes(),
        source.number("feed-disk-bytes", 1 << 30, 32 << 20, Integer.MAX_VALUE),
        source.text("feed-directory"),
        source.number("subscribers", 10_000, 1, 1_000_000),
        source.number("subscribers-per-address", 1_000, 1, 1_000_000));
  }

  /**
   * Refuses names that resemble a setting of ours and are none, from any source.
   *
   * @param contextParameters the names of the WAR's context parameters
   * @throws IllegalArgumentException naming the first, and the setting that is most like it
   */
  public static void refuseUnknown(Collection<String> contextParameters) {
    SettingNames.refuseUnknown(contextParameters, List.of());
    SettingNames.refuseUnknown(
        System.getProperties().stringPropertyNames(), System.getenv().keySet());
  }

  /** Where feeds keep what can be sent again. */
  public Path feedFiles() {
    return Path.of(feedDirectory.orElse(System.getProperty("java.io.tmpdir", "/tmp")));
  }

  /** Whether a slot of this name is one of ours. */
  public boolean matches(String slotName) {
    Stream<String> literals = Stream.of(slotPattern.split("\\*", -1)).map(Pattern::quote);
    return slotName.matches(literals.collect(Collectors.joining(".*")));
  }

  private record Source(Function<String, ? extends Object> contextParameter) {
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
      String value = text(name).orElse("false");
      return switch (value) {
        case "true", "1" -> true;
        case "false", "0" -> false;
        default -> throw bad(name, value, "true or false");
      };
    }

    Websocket websocket() {
      String value = text("websocket").orElse("auto");
      return switch (value) {
        case "auto" -> Websocket.AUTO;
        case "endpoint" -> Websocket.ENDPOINT;
        case "upgrade" -> Websocket.UPGRADE;
        default -> throw bad("websocket", value, "auto, endpoint or upgrade");
      };
    }

    /**
     * A quarter: the serial collector, which the JVM takes on small machines, keeps two thirds of
     * the heap for what lives long, where the program itself has 25 MB and more, and a collector
     * that copies needs space besides. HeapBudgetIT held with 128 MB, 256 MB and 1 GB.
     */
    long heapBytes() {
      long heap = Runtime.getRuntime().maxMemory();
      return number("heap-bytes", heap / 4, 1 << 20, heap);
    }

    /** A sixteenth: the sockets of thousands of subscribers need the rest. */
    int feedHeapBytes() {
      long heap = Math.min(Integer.MAX_VALUE, Runtime.getRuntime().maxMemory());
      return (int) number("feed-heap-bytes", heap / 16, 1 << 20, heap);
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
      return Duration.ofSeconds(number(name, usual, 1, 1_000_000));
    }

    private static IllegalArgumentException bad(String name, String value, String wanted) {
      return new IllegalArgumentException(
          "Setting pgdelta." + name + " is '" + Shown.of(value) + "'; it must be " + wanted);
    }
  }
}
