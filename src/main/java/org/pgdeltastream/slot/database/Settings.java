package org.pgdeltastream.slot.database;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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
    FeedSettings ofFeeds,
    OperatorSettings ofOperators,
    TokenSettings ofTokens) {

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
    SettingSource source = new SettingSource(contextParameter);
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
        FeedSettings.read(source),
        OperatorSettings.read(source),
        TokenSettings.read(source));
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

  /** Their values by name, as far as they may be shown: of secrets only how many there are. */
  public Map<String, String> shown() {
    return ShownSettings.of(this);
  }

  /** Whether callers must show who they are: where they call from says nothing then. */
  public boolean asksForTokens() {
    return !tokens.isEmpty() || ofTokens.jwks().isPresent() || ofTokens.rights().isPresent();
  }

  /** Whether a slot of this name is one of ours. */
  public boolean matches(String slotName) {
    Stream<String> literals = Stream.of(slotPattern.split("\\*", -1)).map(Pattern::quote);
    return slotName.matches(literals.collect(Collectors.joining(".*")));
  }
}
