package org.pgdeltastream.web.token;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;
import static java.util.Objects.requireNonNull;

import com.nimbusds.jose.jwk.JWK;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.Shown;

/**
 * An issuer's keys. Known ones are at hand without waiting, also while their source is away; they
 * are read again as they age, in the background. Who names a key that is not known waits for a
 * reading; so does everybody if nobody has asked for a while, since the issuer may have removed
 * one.
 */
final class Keys {
  private static final System.Logger LOG = System.getLogger(Keys.class.getName());

  /** How long known keys count while their source is away. */
  private static final Duration KEPT = Duration.ofHours(24);

  private static final Duration WAIT = Duration.ofSeconds(6);
  private static final int WAITING = 16;
  private static final Known NOTHING = new Known(KeyList.EMPTY, 0, Instant.EPOCH);

  private final KeySource source;
  private final InstantSource clock;
  private final AtomicReference<Reading> reading =
      new AtomicReference<>(new Reading(Instant.EPOCH, CompletableFuture.completedFuture(null)));
  private final AtomicBoolean failing = new AtomicBoolean();
  private final Semaphore waiting = new Semaphore(WAITING);
  private volatile Known known = NOTHING;
  private volatile Instant tried = Instant.EPOCH; // when the last reading began that has ended

  /** What was read last; the generation changes with the keys. */
  private record Known(KeyList keys, long generation, Instant read) {}

  private record Reading(Instant begun, CompletableFuture<@Nullable Void> done) {}

  Keys(KeySource source, InstantSource clock) {
    this.source = source;
    this.clock = clock;
  }

  /**
   * Reads them for the first time, without waiting for a server.
   *
   * @throws IllegalArgumentException if they are in a file that cannot be used
   */
  void start() {
    if (source instanceof KeySource.InFile file) {
      try {
        KeyList.parse(file.read().join(), true);
      } catch (CompletionException | IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "The file of setting pgdelta.jwks cannot be used: " + reason(e));
      }
    }
    CompletableFuture<?> unused = begin(clock.instant());
  }

  /**
   * Which keys are known: what was verified with another generation must be verified again.
   *
   * @throws ProblemException UPSTREAM_BUSY, if they must be read first and many wait for that
   */
  long generation() {
    return present().generation;
  }

  /**
   * Those that a token may be signed with; waits for a new one, if it is not known.
   *
   * @param id which one the token names
   * @throws ProblemException UPSTREAM_BUSY, if no keys are known
   */
  List<JWK> of(String algorithm, Optional<String> id) {
    Known now = present();
    List<JWK> found = now.keys.of(algorithm, id);
    if (found.isEmpty()) {
      await(begin(clock.instant()));
      now = present();
      found = now.keys.of(algorithm, id);
    }
    if (now.keys.keys().isEmpty()) {
      throw busy("The issuer's keys cannot be read at the moment");
    }
    return found;
  }

  private Known present() {
    Instant now = clock.instant();
    if (!now.isBefore(tried.plus(source.fresh()).plus(source.gap()))) {
      await(begin(now));
    } else if (!now.isBefore(known.read.plus(source.fresh()))) {
      CompletableFuture<?> unused = begin(now); // it goes on in the background
    }
    Known last = known;
    return now.isBefore(last.read.plus(KEPT)) ? last : NOTHING;
  }

  /** Begins to read, unless that is under way or was done just now. */
  private CompletableFuture<@Nullable Void> begin(Instant now) {
    Reading last = requireNonNull(reading.get());
    if (!last.done.isDone() || now.isBefore(last.begun.plus(source.gap()))) {
      return last.done;
    }
    Reading next = new Reading(now, new CompletableFuture<>());
    if (!reading.compareAndSet(last, next)) {
      return requireNonNull(reading.get()).done;
    }
    CompletableFuture<?> unused =
        source
            .read()
            .thenAccept(bytes -> take(KeyList.parse(bytes, source.isPrivate()), now))
            .whenComplete(
                (nothing, failure) -> {
                  told(failure);
                  tried = now;
                  next.done.complete(null);
                });
    return next.done;
  }

  private void take(KeyList keys, Instant at) {
    Known last = known;
    long generation = keys.equals(last.keys) ? last.generation : last.generation + 1;
    known = new Known(keys, generation, at);
  }

  private void told(@Nullable Throwable failure) {
    if (failure != null && failing.compareAndSet(false, true)) {
      LOG.log(
          WARNING,
          "The keys of pgdelta.jwks cannot be read: "
              + reason(failure)
              + ". Known keys are used for "
              + KEPT.toHours()
              + " h");
    } else if (failure == null && failing.compareAndSet(true, false)) {
      LOG.log(INFO, "The keys of pgdelta.jwks can be read again");
    }
  }

  private static String reason(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    String message = cause.getMessage();
    return Shown.of(message == null ? cause.getClass().getSimpleName() : message);
  }

  private void await(CompletableFuture<@Nullable Void> done) {
    if (done.isDone()) {
      return;
    }
    if (!waiting.tryAcquire()) {
      throw busy("The issuer's keys are being read, and many wait for them");
    }
    try {
      done.get(WAIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw busy("The issuer's keys are being read");
    } catch (ExecutionException | TimeoutException e) {
      throw busy("The issuer's keys are being read");
    } finally {
      waiting.release();
    }
  }

  private static ProblemException busy(String what) {
    return new ProblemException(Problem.UPSTREAM_BUSY, what, "Try again in a moment");
  }
}
