package org.pgdeltastream.slot;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.Outlet;

/** Takes all, keeps nothing, and counts some words, which one piece has or another. */
final class CountingOutlet implements Outlet {
  private static final List<String> WORDS = List.of("{\"id\":", "{\"snapshot-end\"");

  private final Map<String, Integer> counts = new HashMap<>(); // in the monitor
  private String rest = ""; // of the piece before
  private @Nullable FeedSubscriber subscriber;

  void serves(FeedSubscriber one) {
    subscriber = one;
  }

  FeedSubscriber served() {
    return requireNonNull(subscriber, "it is served");
  }

  synchronized int count(String word) {
    return WORDS.stream()
        .filter(one -> one.contains(word))
        .mapToInt(one -> counts.getOrDefault(one, 0))
        .sum();
  }

  @Override
  public boolean isReady() {
    return true;
  }

  @Override
  public synchronized void write(byte[] bytes, int start, int length) {
    String text = rest + new String(bytes, start, length, StandardCharsets.ISO_8859_1);
    for (String word : WORDS) {
      int found = 0;
      for (int at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
        found += at + word.length() > rest.length() ? 1 : 0;
      }
      counts.merge(word, found, Integer::sum);
    }
    rest = text.substring(Math.max(0, text.length() - 16));
  }

  @Override
  public void flush() {}

  @Override
  public void ping() {}

  @Override
  public boolean isAnswered() {
    return false;
  }

  @Override
  public boolean end(CloseReason reason, String detail) {
    return true;
  }

  @Override
  public void cut() {}
}
