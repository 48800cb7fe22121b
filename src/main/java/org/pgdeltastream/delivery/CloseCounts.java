package org.pgdeltastream.delivery;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/** How many clients were closed, and why. For any thread. */
public final class CloseCounts {
  private final Map<CloseReason, AtomicLong> byReason = new EnumMap<>(CloseReason.class);
  private final AtomicLong byClient = new AtomicLong();

  public CloseCounts() {
    for (CloseReason one : CloseReason.values()) {
      byReason.put(one, new AtomicLong());
    }
  }

  public void closed(CloseReason reason) {
    Objects.requireNonNull(byReason.get(reason)).getAndIncrement();
  }

  /** A client has closed, or has gone. */
  public void left() {
    byClient.getAndIncrement();
  }

  public long of(CloseReason reason) {
    return Objects.requireNonNull(byReason.get(reason)).get();
  }

  /** How many have left by themselves. */
  public long byClients() {
    return byClient.get();
  }
}
