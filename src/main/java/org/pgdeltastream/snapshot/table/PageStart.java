package org.pgdeltastream.snapshot.table;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.pgdeltastream.change.PageRequest.Nulls;

/**
 * Where a client continues: the last row that it has, and the order that it reads in. The same text
 * each time, short and of ASCII.
 */
public record PageStart(RowPosition position, List<Step> steps) {
  /**
   * A column of the order.
   *
   * @param number as in pg_attribute
   * @param isNull whether it is null in the last row
   */
  record Step(int number, boolean ascending, Nulls nulls, boolean isNull) {
    @Override
    public String toString() {
      return number
          + (ascending ? "a" : "d")
          + (nulls == Nulls.FIRST ? "f" : "l")
          + (isNull ? "n" : "v");
    }
  }

  private static final Pattern STEP = Pattern.compile("([0-9]{1,5})([ad])([fl])([nv])");

  public PageStart {
    steps = List.copyOf(steps);
  }

  static Optional<PageStart> parse(String text) {
    int end = text.lastIndexOf(' ');
    List<Step> steps = new ArrayList<>();
    Matcher step = STEP.matcher(text.substring(end + 1));
    while (step.lookingAt()) {
      steps.add(
          new Step(
              Integer.parseInt(step.group(1)),
              step.group(2).equals("a"),
              step.group(3).equals("f") ? Nulls.FIRST : Nulls.LAST,
              step.group(4).equals("n")));
      step.region(step.end(), step.regionEnd());
    }
    return end < 0 || steps.isEmpty() || step.regionStart() != step.regionEnd()
        ? Optional.empty()
        : RowPosition.parse(text.substring(0, end)).map(position -> new PageStart(position, steps));
  }

  @Override
  public String toString() {
    return position + " " + steps.stream().map(Step::toString).collect(Collectors.joining());
  }
}
