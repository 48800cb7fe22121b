package org.pgdeltastream.doctor;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * One thing that is looked for.
 *
 * @param needs what must have been read
 * @param since the first PostgreSQL that has it
 */
public record Check(
    String id, Optional<Facts.Part> needs, int since, Function<Facts, List<Finding>> findings) {

  /** Needs what is always read, of any PostgreSQL. */
  public static Check of(String id, Function<Facts, List<Finding>> findings) {
    return new Check(id, Optional.empty(), 0, findings);
  }

  public static Check of(String id, Facts.Part needs, Function<Facts, List<Finding>> findings) {
    return new Check(id, Optional.of(needs), 0, findings);
  }

  /** The same, from this major version on. */
  public Check since(int major) {
    return new Check(id, needs, major, findings);
  }

  /** Why these facts do not suffice. */
  Optional<String> skipped(Facts facts) {
    return facts.server().major() < since
        ? Optional.of("PostgreSQL " + since + " and later")
        : needs.map(part -> facts.unread().get(part));
  }
}
