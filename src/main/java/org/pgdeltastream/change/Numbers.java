package org.pgdeltastream.change;

/** How numbers are written in the rows of a snapshot. */
public enum Numbers {
  AS_NUMBERS,
  /** In quotes, for readers whose numbers have 53 bits. */
  AS_TEXT
}
