package org.pgdeltastream.slot.guard;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgdeltastream.change.Shown;

/**
 * What the setting {@code pgdelta.guard} says: rules for patterns of slots, of which the first that
 * matches counts: {@code delta_tmp_*: drop@idle:1h, drop@1GB; *: warn@50%, drop@95%}.
 */
public record GuardRules(List<Group> groups) {
  private static final Pattern SLOTS = Pattern.compile("[a-z0-9_*]+");

  /** The rules for all slots that match a pattern and none before it. */
  public record Group(String pattern, List<GuardRule> rules) {
    public Group {
      rules = List.copyOf(rules);
    }

    private boolean matches(String slot) {
      return slot.matches(
          Stream.of(pattern.split("\\*", -1))
              .map(Pattern::quote)
              .collect(Collectors.joining(".*")));
    }

    @Override
    public String toString() {
      return pattern
          + ": "
          + rules.stream().map(GuardRule::toString).collect(Collectors.joining(", "));
    }
  }

  public GuardRules {
    groups = List.copyOf(groups);
  }

  /**
   * Reads the setting.
   *
   * @throws IllegalArgumentException naming the setting and the rule that cannot be read
   */
  public static GuardRules parse(String setting) {
    List<Group> groups = new ArrayList<>();
    for (String part : setting.split(";", -1)) {
      if (!part.isBlank()) {
        groups.add(group(part.strip()));
      }
    }
    if (groups.isEmpty()) {
      throw bad("has no rule");
    }
    return new GuardRules(groups);
  }

  private static Group group(String part) {
    String[] halves = part.split(":", 2);
    String pattern = halves[0].strip();
    if (halves.length < 2 || !SLOTS.matcher(pattern).matches()) {
      throw bad(
          "has '"
              + Shown.of(part)
              + "', which names no slots: write it like *: warn@50%, or delta_tmp_*: drop@1GB");
    }
    try {
      return new Group(pattern, Stream.of(halves[1].split(",", -1)).map(GuardRule::parse).toList());
    } catch (IllegalArgumentException e) {
      throw bad("has " + e.getMessage());
    }
  }

  private static IllegalArgumentException bad(String what) {
    return new IllegalArgumentException("Setting pgdelta.guard " + what);
  }

  /** The rules that count for this slot; none if no pattern matches. */
  public List<GuardRule> of(String slot) {
    return groups.stream()
        .filter(group -> group.matches(slot))
        .findFirst()
        .map(Group::rules)
        .orElse(List.of());
  }

  @Override
  public String toString() {
    return groups.stream().map(Group::toString).collect(Collectors.joining("; "));
  }
}
