package org.pgdeltastream.change.option;

/** What a client may switch on or off, by wal2json's names where it has them. */
public enum Detail {
  XIDS("include-xids", false),
  TIMESTAMP("include-timestamp", false),
  LSN("include-lsn", false),
  SCHEMAS("include-schemas", true),
  TYPES("include-types", true),
  TYPE_MODIFIERS("include-typmod", true),
  TYPE_OIDS("include-type-oids", false),
  PRIMARY_KEY("include-pk", false),
  NOT_NULL("include-not-null", false),
  DEFAULTS("include-default", false),
  COLUMN_POSITIONS("include-column-positions", false),
  ORIGIN("include-origin", false),
  TRANSACTION("include-transaction", true),
  DOMAIN_BASE_TYPES("include-domain-data-type", false),
  NUMBERS_AS_TEXT("numeric-data-types-as-string", false),
  /** Ours: no message for a transaction without a change. */
  NO_EMPTY_TRANSACTIONS("skip-empty-xacts", false),
  /** Ours: the names of the columns that an UPDATE left out. */
  UNCHANGED_TOAST("include-unchanged-toast", false);

  private final String optionName;
  private final boolean usual;

  Detail(String optionName, boolean usual) {
    this.optionName = optionName;
    this.usual = usual;
  }

  public String optionName() {
    return optionName;
  }

  /** Whether it is on by default. */
  public boolean usual() {
    return usual;
  }
}
