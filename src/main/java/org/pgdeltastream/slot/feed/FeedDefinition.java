package org.pgdeltastream.slot.feed;

import java.time.Duration;
import java.util.List;
import java.util.function.BiFunction;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.journal.shared.KafkaSettings.Storage;
import org.pgdeltastream.replication.wal.SlotRow;
import org.pgdeltastream.slot.shared.SharedFeed;
import org.pgdeltastream.slot.upstream.KnownSlot;

/**
 * What a feed is made with.
 *
 * @param publications none means those that init would choose
 * @param windowBytes how much WAL can be sent again, at most
 * @param window how old what can be sent again may be, at most
 * @param storage where it is kept
 */
public record FeedDefinition(
    String name, List<String> publications, long windowBytes, Duration window, Storage storage) {
  private static final Pattern NAME = Pattern.compile("[a-z0-9_]{1,40}");
  private static final Pattern SETTING = Pattern.compile("\\s*" + NAME + "\\s*(=.*[^=,\\s].*)?");
  private static final String PREFIX = "delta_feed_";

  public FeedDefinition {
    publications = List.copyOf(publications);
  }

  /**
   * Checks a feed's name.
   *
   * @throws ProblemException BAD_REQUEST
   */
  public static String checked(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new ProblemException(
          Problem.BAD_REQUEST,
          "Feed name '" + Shown.of(name) + "' is not 1 to 40 of a-z, 0-9 and _",
          "Choose another name");
    }
    return name;
  }

  /** Whether {@link #parse} takes it: {@code main=p1,p2}, or a name alone. */
  public static boolean isSetting(String text) {
    return SETTING.matcher(text).matches();
  }

  /** Reads {@code main=p1,p2}, or a name alone. */
  static FeedDefinition parse(
      String text, BiFunction<String, List<String>, FeedDefinition> withUsualWindow) {
    int equals = text.indexOf('=');
    String name = checked((equals < 0 ? text : text.substring(0, equals)).strip());
    List<String> publications =
        equals < 0
            ? List.of()
            : Stream.of(text.substring(equals + 1).split(",")).map(String::strip).toList();
    return withUsualWindow.apply(name, publications);
  }

  SharedFeed.Asked asked() {
    return new SharedFeed.Asked(publications, window, windowBytes);
  }

  FeedDefinition in(Storage other) {
    return new FeedDefinition(name, publications, windowBytes, window, other);
  }

  /** Those that it is made with, or that its slot was; none before they are known. */
  List<String> publications(KnownSlot slot) {
    return publications.isEmpty() ? slot.publications() : publications;
  }

  public SlotName slotName() {
    return slotName(name);
  }

  static SlotName slotName(String feed) {
    return new SlotName(PREFIX + feed);
  }

  /** Whether a slot of this name can only be a feed's. */
  public static boolean isFeeds(SlotName slot) {
    return slot.value().startsWith(PREFIX);
  }

  /** Checks that a slot can be a feed's. */
  static void check(SlotRow row) {
    if (!row.logical()
        || !row.ofThisDatabase()
        || !row.plugin().equals(OutputPlugin.PGOUTPUT.sqlName())) {
      throw new ProblemException(
          Problem.SLOT_EXISTS,
          "Slot " + row.name() + " is there, but of another database, or not of pgoutput",
          "Drop it, or choose another name for the feed");
    }
  }
}
