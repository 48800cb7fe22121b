package org.pgdeltastream.slot.stream;

import java.util.List;
import java.util.Optional;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.option.ChangeOptions;

/**
 * What a client asks of a stream.
 *
 * @param publications empty means those that the slot was made with
 * @param changes how changes are written, and which
 * @param from the client's position: nothing at or below it comes again
 * @param gapAccepted the client takes what is left where the slot has moved past {@code from}
 * @param hello whether a first message says where the stream starts
 * @param takeover whether another client of the slot is closed
 * @param window how many bytes may be unacknowledged, checked between transactions; 0: any number
 * @param temporary a slot of this name is made, which ends with the stream; nothing has to be
 *     acknowledged
 */
public record StreamOptions(
    SlotName slotName,
    List<String> publications,
    ChangeOptions changes,
    Optional<Lsn> from,
    boolean gapAccepted,
    boolean hello,
    boolean takeover,
    long window,
    boolean temporary) {
  private static final String TAIL = "pgdelta_tail_";

  public StreamOptions {
    publications = List.copyOf(publications);
  }

  /** Whether a slot of this name ends with its stream. */
  public static boolean isTail(SlotName slot) {
    return slot.value().startsWith(TAIL);
  }

  /** Of a slot that lasts. */
  public StreamOptions(
      SlotName slotName,
      List<String> publications,
      ChangeOptions changes,
      Optional<Lsn> from,
      boolean gapAccepted,
      boolean hello,
      boolean takeover,
      long window) {
    this(slotName, publications, changes, from, gapAccepted, hello, takeover, window, false);
  }

  /**
   * Of the changes from now on.
   *
   * @param number any
   */
  public static StreamOptions tail(
      String number, List<String> publications, ChangeOptions changes) {
    return new StreamOptions(
        new SlotName(TAIL + number),
        publications,
        changes,
        Optional.empty(),
        false,
        false,
        false,
        0,
        true);
  }

  /** A stream with the other options at their defaults. */
  public static StreamOptions of(SlotName slotName) {
    return new StreamOptions(
        slotName, List.of(), ChangeOptions.usual(), Optional.empty(), false, false, false, 0);
  }
}
