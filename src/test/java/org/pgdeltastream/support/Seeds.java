package org.pgdeltastream.support;

/**
 * Where tests by chance begin: always the same, so that a failure is that of the change at hand.
 * {@code -Dpgdelta.test.seed} is another number, or {@code fresh} for one that nobody had yet.
 */
public final class Seeds {
  private static final String SETTING = "pgdelta.test.seed";
  private static final long USUAL = 20_261_125;

  private Seeds() {}

  /** The first seed; it is printed. */
  public static long first() {
    String asked = System.getProperty(SETTING, "" + USUAL);
    long seed = asked.equals("fresh") ? System.nanoTime() % 1_000_000_000 : Long.parseLong(asked);
    System.out.printf("-D%s=%d%n", SETTING, seed);
    return seed;
  }
}
