package org.pgdeltastream.web.token;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.rights.Identity;
import org.pgdeltastream.slot.database.TokenSettings;

/**
 * What is revoked, for as long as a token may live that was issued before: longer it need not be
 * known. In memory, and in a file if the settings name one.
 */
public final class Revocations {
  static final int MOST = 100_000;

  private final Map<String, Revocation> subjects = new HashMap<>();
  private final Map<String, Revocation> tokens = new HashMap<>();
  private final ReentrantLock writing = new ReentrantLock(true);
  private final Optional<RevocationFile> file;
  private final Duration kept;
  private final InstantSource clock;

  Revocations(Optional<RevocationFile> file, Duration kept, InstantSource clock) {
    this.file = file;
    this.kept = kept;
    this.clock = clock;
    file.ifPresent(one -> one.read().forEach(this::put));
    forgetOld();
  }

  /**
   * Those that the settings' file has.
   *
   * @throws IllegalArgumentException if it cannot be read, or is damaged
   */
  public static Revocations of(TokenSettings settings, InstantSource clock) {
    return new Revocations(
        settings.revocations().map(RevocationFile::new), settings.tokenSeconds(), clock);
  }

  /** Whether the token is revoked. */
  public synchronized boolean isRevoked(Identity identity) {
    return isOf(subjects.get(identity.subject()), identity)
        || isOf(tokens.get(identity.tokenId().orElse("")), identity);
  }

  private static boolean isOf(@Nullable Revocation one, Identity identity) {
    return one != null && one.isOf(identity);
  }

  /**
   * Revokes from now on, then writes the file.
   *
   * @throws ProblemException UPSTREAM_BUSY if too many are known, UPSTREAM_CONFIG if the file
   *     cannot be written: then it is revoked until this server stops
   */
  public void add(Revocation one) {
    remember(one);
    if (file.isEmpty()) {
      return;
    }
    writing.lock();
    try {
      file.get().write(all());
    } finally {
      writing.unlock();
    }
  }

  private synchronized void remember(Revocation one) {
    if (size() >= MOST) {
      forgetOld();
    }
    if (size() >= MOST && !mapOf(one).containsKey(one.what())) {
      throw new ProblemException(
          Problem.UPSTREAM_BUSY,
          "There are " + MOST + " revocations, as many as this server keeps",
          "Take the subject's role away in pgdelta.rights, or wait until older ones have ended");
    }
    put(one);
  }

  /** The later one counts. */
  private synchronized void put(Revocation one) {
    mapOf(one)
        .merge(
            one.what(), one, (known, more) -> more.before().isAfter(known.before()) ? more : known);
  }

  private Map<String, Revocation> mapOf(Revocation one) {
    return one.kind() == Revocation.Kind.SUB ? subjects : tokens;
  }

  private synchronized void forgetOld() {
    Instant now = clock.instant();
    subjects.values().removeIf(one -> !now.isBefore(end(one)));
    tokens.values().removeIf(one -> !now.isBefore(end(one)));
  }

  /** From when on no token is left that it concerns. */
  public Instant end(Revocation one) {
    return one.before().plus(kept).plus(TokenVerifier.SKEW.multipliedBy(2));
  }

  private int size() {
    return subjects.size() + tokens.size();
  }

  /** Those that still concern tokens, the latest first. */
  public synchronized List<Revocation> all() {
    forgetOld();
    return Stream.concat(subjects.values().stream(), tokens.values().stream())
        .sorted(Comparator.comparing(Revocation::before).reversed())
        .toList();
  }
}
