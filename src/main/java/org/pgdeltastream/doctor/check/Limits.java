package org.pgdeltastream.doctor.check;

import java.time.Duration;

/**
 * Where a finding begins.
 *
 * @param fewConnections fewer free ones are too few
 * @param heldBack how long a writing transaction may be open
 * @param heldBackLong from then on it is an error
 * @param prepared how long a prepared transaction may stay
 * @param inactive how long a slot that keeps much WAL may be without a reader
 * @param keptBytes much WAL
 * @param spilledBytes much that was written to disk while decoding
 * @param xids how many transactions old the catalog rows may be that a slot keeps
 * @param manyXids from then on it is an error
 */
public record Limits(
    int fewConnections,
    Duration heldBack,
    Duration heldBackLong,
    Duration prepared,
    Duration inactive,
    long keptBytes,
    long spilledBytes,
    long xids,
    long manyXids) {

  public static final Limits USUAL =
      new Limits(
          10,
          Duration.ofMinutes(5),
          Duration.ofHours(1),
          Duration.ofMinutes(5),
          Duration.ofHours(1),
          1L << 30,
          1L << 30,
          50_000_000,
          500_000_000);
}
