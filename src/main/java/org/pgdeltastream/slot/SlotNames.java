package org.pgdeltastream.slot;

import java.util.List;
import java.util.random.RandomGenerator;
import org.pgdeltastream.change.SlotName;

/** Names for new slots that people can say: {@code delta_face56}. */
final class SlotNames {
  private static final List<String> WORDS =
      List.of(
          "ablaze",
          "amber",
          "brisk",
          "calm",
          "face",
          "few",
          "gentle",
          "gigantic",
          "greasy",
          "hazel",
          "lucid",
          "mundane",
          "nimble",
          "pet",
          "quiet",
          "scold",
          "shaggy",
          "swift",
          "tidy",
          "wasteful");
  private static final int SHORT_TRIES = 10;

  private SlotNames() {}

  /** The name to try at this attempt, counted from 0: longer ones when short ones are taken. */
  static SlotName candidate(RandomGenerator random, int attempt) {
    String word = WORDS.get(random.nextInt(WORDS.size()));
    int bound = attempt < SHORT_TRIES ? 100 : 1_000_000_000;
    return new SlotName("delta_" + word + random.nextInt(bound));
  }
}
