package org.pgdeltastream.slot.database;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What PostgreSQL said lately. Tables may be altered, so it is believed for ten seconds only: as
 * long as a herd comes. For any thread.
 */
public final class Recent<K, V> {
  private static final long AGE_NANOS = Duration.ofSeconds(10).toNanos();

  private final int most;
  private final Map<K, Answer<V>> answers = new ConcurrentHashMap<>();

  /** Asks PostgreSQL. */
  public interface Question<V> {
    V ask() throws SQLException;
  }

  private record Answer<V>(V value, long at) {}

  /** Remembers so many answers. */
  public Recent(int most) {
    this.most = most;
  }

  /** The answer, if it is recent; else asks again. */
  public V get(K key, Question<V> question) throws SQLException {
    Answer<V> known = answers.get(key);
    if (known != null && System.nanoTime() - known.at() < AGE_NANOS) {
      return known.value();
    }
    V asked = question.ask();
    if (answers.size() >= most) {
      answers.clear();
    }
    answers.put(key, new Answer<>(asked, System.nanoTime()));
    return asked;
  }

  public void forget() {
    answers.clear();
  }

  public void forget(K key) {
    answers.remove(key);
  }
}
