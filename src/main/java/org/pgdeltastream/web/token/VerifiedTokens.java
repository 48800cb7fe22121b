package org.pgdeltastream.web.token;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.rights.Identity;

/** Tokens that were verified, by their hash: the least recently used ones are forgotten. */
final class VerifiedTokens {
  private static final int MOST = 10_000;
  private static final int MOST_CHARACTERS = 4 << 20;

  private final Map<String, Verified> byHash = new LinkedHashMap<>(16, 0.75f, true);
  private long characters;

  /**
   * A verified token.
   *
   * @param generation of the keys that verified it
   * @param end from when on it is refused
   */
  record Verified(Identity identity, long generation, Instant end, int length) {}

  static String hash(String token) {
    try {
      byte[] bytes = token.getBytes(StandardCharsets.UTF_8);
      return new String(
          MessageDigest.getInstance("SHA-256").digest(bytes), StandardCharsets.ISO_8859_1);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }

  /** Whose it is, if it was verified with these keys and has not ended. */
  synchronized Optional<Identity> find(String hash, long generation, Instant now) {
    Verified found = byHash.get(hash);
    if (found == null) {
      return Optional.empty();
    }
    if (found.generation != generation || !now.isBefore(found.end)) {
      forget(byHash.remove(hash));
      return Optional.empty();
    }
    return Optional.of(found.identity);
  }

  synchronized void keep(String hash, Verified token) {
    forget(byHash.put(hash, token));
    characters += token.length;
    Iterator<Verified> oldest = byHash.values().iterator();
    while (byHash.size() > MOST || characters > MOST_CHARACTERS) {
      Verified one = oldest.next();
      oldest.remove();
      forget(one);
    }
  }

  private void forget(@Nullable Verified one) {
    characters -= one == null ? 0 : one.length;
  }

  synchronized int size() {
    return byHash.size();
  }
}
