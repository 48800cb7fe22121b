package org.pgdeltastream.replication.connection;

import java.net.InetAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How far away each PostgreSQL is, and the receive buffer for gathered reading (decision 0011). A
 * connect takes one round trip; the shortest is the least disturbed. Any thread.
 */
final class RoundTrips {
  private static final int LEAST_BYTES = 16 * 1024;
  private static final int MOST_BYTES = 200 * 1024; // systems grant no more unless configured
  private static final long BYTES_PER_MICROSECOND = 200; // of round trip: 200 MB/s
  private static final long FARTHEST_NANOS = 2_000_000;

  private final Map<InetAddress, Long> shortest = new ConcurrentHashMap<>();

  void took(InetAddress address, long nanos) {
    shortest.merge(address, nanos, Math::min);
  }

  /**
   * Bytes: small, so that it fills up at once, but not so small that the rate suffers, which is at
   * most a buffer in a round trip. 0, for the system's choice, where that cannot be had: PostgreSQL
   * is far away, or was not connected to before.
   */
  int receiveBuffer(InetAddress address) {
    if (address.isLoopbackAddress()) {
      return LEAST_BYTES;
    }
    long nanos = shortest.getOrDefault(address, Long.MAX_VALUE);
    if (nanos > FARTHEST_NANOS) {
      return 0;
    }
    long wanted = nanos / 1000 * BYTES_PER_MICROSECOND;
    return (int) Math.max(LEAST_BYTES, Math.min(MOST_BYTES, wanted));
  }
}
