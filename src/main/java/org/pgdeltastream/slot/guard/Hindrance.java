package org.pgdeltastream.slot.guard;

/** Why the guard does not do what a rule says. */
enum Hindrance {
  FEED("it is a feed's"),
  OTHERS("another server or program streams it"),
  NO_CLIENT("nobody streams it"),
  STREAMED("a client streams it"),
  LOST("it has lost its WAL already"),
  SNAPSHOT("its snapshot is open"),
  DRY_RUN("pgdelta.guard-dry-run is set"),
  REPEATED("that was done less than 20 minutes ago"),
  TOO_MANY("there were too many actions within an hour");

  private final String words;

  Hindrance(String words) {
    this.words = words;
  }

  String words() {
    return words;
  }
}
