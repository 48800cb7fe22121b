package org.pgdeltastream.filter;

import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.change.ValueKind;

/**
 * A condition, ready to be decided: in SQL's logic, where a comparison with null is neither true
 * nor false. What is not known of a row is unknown too, and {@link Row#missing} says so. Source:
 * manual, "Logical Operators".
 */
abstract class Predicate {
  static final int FALSE = -1;
  static final int UNKNOWN = 0;
  static final int TRUE = 1;

  abstract int of(Row row);

  /** The least of all: one that is false makes the whole so. */
  static final class All extends Predicate {
    private final Predicate[] parts;

    All(Predicate[] parts) {
      this.parts = parts;
    }

    @Override
    int of(Row row) {
      int least = TRUE;
      for (Predicate part : parts) {
        least = Math.min(least, part.of(row));
        if (least == FALSE) {
          return FALSE;
        }
      }
      return least;
    }
  }

  /** The greatest of all. */
  static final class Any extends Predicate {
    private final Predicate[] parts;

    Any(Predicate[] parts) {
      this.parts = parts;
    }

    @Override
    int of(Row row) {
      int greatest = FALSE;
      for (Predicate part : parts) {
        greatest = Math.max(greatest, part.of(row));
        if (greatest == TRUE) {
          return TRUE;
        }
      }
      return greatest;
    }
  }

  static final class Not extends Predicate {
    private final Predicate part;

    Not(Predicate part) {
      this.part = part;
    }

    @Override
    int of(Row row) {
      return -part.of(row);
    }
  }

  /** What a column's value says. */
  abstract static class OfColumn extends Predicate {
    private final int slot;

    OfColumn(int slot) {
      this.slot = slot;
    }

    @Override
    final int of(Row row) {
      Tuple holder = row.holder(slot);
      if (holder == null) {
        return UNKNOWN;
      }
      int column = row.column(slot);
      return holder.kind(column) == ValueKind.NULL
          ? ofNull()
          : ofValue(holder.bytes(), holder.start(column), holder.length(column));
    }

    int ofNull() {
      return UNKNOWN;
    }

    abstract int ofValue(byte[] bytes, int start, int length);

    static int truth(boolean is) {
      return is ? TRUE : FALSE;
    }
  }

  static final class Comparison extends OfColumn {
    private final Operator operator;
    private final Constant constant;

    Comparison(int slot, Operator operator, Constant constant) {
      super(slot);
      this.operator = operator;
      this.constant = constant;
    }

    @Override
    int ofNull() {
      return operator == Operator.ISDISTINCT ? TRUE : UNKNOWN;
    }

    @Override
    int ofValue(byte[] bytes, int start, int length) {
      return truth(operator.holds(constant.orderOf(bytes, start, length)));
    }
  }

  static final class In extends OfColumn {
    private final Constant[] constants;

    In(int slot, Constant[] constants) {
      super(slot);
      this.constants = constants;
    }

    @Override
    int ofValue(byte[] bytes, int start, int length) {
      for (Constant constant : constants) {
        if (constant.orderOf(bytes, start, length) == 0) {
          return TRUE;
        }
      }
      return FALSE;
    }
  }

  static final class Like extends OfColumn {
    private final LikePattern pattern;

    Like(int slot, LikePattern pattern) {
      super(slot);
      this.pattern = pattern;
    }

    @Override
    int ofValue(byte[] bytes, int start, int length) {
      return truth(pattern.matches(bytes, start, length));
    }
  }

  /**
   * Never unknown: {@code null}, {@code not_null}, {@code true}, {@code false}, {@code unknown}.
   */
  static final class Is extends OfColumn {
    private final String word;

    Is(int slot, String word) {
      super(slot);
      this.word = word;
    }

    @Override
    int ofNull() {
      return truth(word.equals("null") || word.equals("unknown"));
    }

    @Override
    int ofValue(byte[] bytes, int start, int length) {
      return truth(
          switch (word) {
            case "not_null" -> true;
            case "true" -> bytes[start] == 't';
            case "false" -> bytes[start] == 'f';
            default -> false;
          });
    }
  }
}
