package org.pgdeltastream.filter;

/**
 * How values of a type are compared, by their text in a stream. What Java would not decide exactly
 * as PostgreSQL does is not compared at all.
 */
public enum ValueClass {
  BOOLEAN(true, true),
  INTEGER(true, true),
  /** With NaN and, from PostgreSQL 14 on, infinities. */
  NUMERIC(true, false),
  REAL(true, false),
  DOUBLE(true, false),
  DATE(true, true),
  /** With a zone or without: the text differs. */
  TIMESTAMP(true, false),
  UUID(true, true),
  /** Equal in their bytes, without an order that their text has: enum, bytea, inet, cidr. */
  EXACT(false, true),
  /** Of a deterministic collation. */
  TEXT(false, true),
  /** The same whose bytes have the order of their collation, C. */
  ORDERED_TEXT(true, true),
  /** Blanks at the end do not count. */
  CHARACTER(false, false),
  /** Only whether it is null. */
  OTHER(false, false),
  /** Nothing: one whose fields are null counts as null, though it is not. */
  COMPOSITE(false, false);

  private final boolean ordered;
  private final boolean exact;

  ValueClass(boolean ordered, boolean exact) {
    this.ordered = ordered;
    this.exact = exact;
  }

  /**
   * Of a built-in type whose values do not depend on a collation. The numbers never change. Source:
   * PostgreSQL's pg_type.dat.
   */
  public static ValueClass of(int typeOid) {
    return switch (typeOid) {
      case 16 -> BOOLEAN;
      case 20, 21, 23, 26 -> INTEGER; // int8, int2, int4, oid
      case 1700 -> NUMERIC;
      case 700 -> REAL;
      case 701 -> DOUBLE;
      case 1082 -> DATE;
      case 1114, 1184 -> TIMESTAMP; // the latter in UTC
      case 2950 -> UUID;
      case 17, 650, 869 -> EXACT; // bytea, cidr, inet
      default -> OTHER;
    };
  }

  /** Whether the type has text, which has a collation. */
  public static boolean isText(int typeOid) {
    return typeOid == 25 || typeOid == 1043 || typeOid == 19; // text, varchar, name
  }

  /** Whether the type is character(n). */
  public static boolean isCharacter(int typeOid) {
    return typeOid == 1042;
  }

  boolean isText() {
    return this == TEXT || this == ORDERED_TEXT;
  }

  /** Whether equal values have equal bytes, and no others have. */
  boolean isExact() {
    return exact;
  }

  /** Whether such a comparison is decided here. */
  boolean takes(Operator operator) {
    return switch (operator) {
      case IS -> this != COMPOSITE;
      case EQ, NEQ, IN, ISDISTINCT -> this != OTHER && this != COMPOSITE;
      case LT, LTE, GT, GTE -> ordered;
      case LIKE -> isText();
      case ILIKE -> this == ORDERED_TEXT;
    };
  }
}
