package org.pgdeltastream.slot.database;

import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What PostgreSQL said lately. Tables may be altered, so it is believed for ten seconds only: as
 * long as a herd comes. For any thread.
 */
public final class Recent<K, V> {
  private static final long AGE_NANOS = Duration.ofSeconds(10).toNanos();

  private final long most;
  private final ToLongFunction<V> weight;
  private final Map<K, Answer<V>> answers = new HashMap<>(); // in the monitor, as is what follows
  private long held;
  private long sweptAt = System.nanoTime();

  /** Asks PostgreSQL. */
  public interface Question<V> {
    V ask() throws SQLException;
  }

  private record Answer<V>(V value, long at) {
    boolean isYoung(long now) {
      return now - at < AGE_NANOS;
    }
  }

  /**
   * Remembers answers.
   *
   * @param most what all of them may weigh; with more all are forgotten
   */
  public Recent(long most, ToLongFunction<V> weight) {
    this.most = most;
    this.weight = weight;
  }

  /** The answer, if it is recent; else asks again. */
  public V get(K key, Question<V> question) throws SQLException {
    V known = find(key);
    if (known != null) {
      return known;
    }
    V asked = question.ask();
    put(key, asked);
    return asked;
  }

  private synchronized @Nullable V find(K key) {
    Answer<V> known = answers.get(key);
    return known != null && known.isYoung(System.nanoTime()) ? known.value() : null;
  }

  private synchronized void put(K key, V value) {
    long now = System.nanoTime();
    if (now - sweptAt > AGE_NANOS) {
      sweptAt = now;
      answers.values().removeIf(one -> !one.isYoung(now));
      held = answers.values().stream().map(Answer::value).mapToLong(weight).sum();
    }
    held += weight.applyAsLong(value);
    if (held > most) {
      forget();
      held = weight.applyAsLong(value);
    }
    answers.put(key, new Answer<>(value, now));
  }

  public synchronized void forget() {
    answers.clear();
    held = 0;
  }

  /** How many answers are remembered. */
  synchronized int size() {
    return answers.size();
  }
}
