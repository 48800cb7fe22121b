package org.pgdeltastream.web.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.web.access.AccessRules.Call;

/**
 * Tickets: each opens one stream of one feed, once, soon, from the page that asked for it. What a
 * browser cannot put into a header stands in its URL, which others may log. Kept by their hashes.
 */
final class Tickets {
  static final Duration LIFE = Duration.ofSeconds(30);
  static final int MOST = 10_000;
  static final int MOST_OF_ONE = 100;
  private static final int BYTES = 16;

  private final SecureRandom random = new SecureRandom();
  private final InstantSource clock;
  private final Map<String, Ticket> byHash = new LinkedHashMap<>(); // the oldest first
  private final Map<String, Integer> perHolder = new HashMap<>();

  /**
   * One that was not used yet.
   *
   * @param origin of the page that asked for it
   */
  private record Ticket(Holder holder, Optional<String> origin, String feed, Instant end) {}

  Tickets(InstantSource clock) {
    this.clock = clock;
  }

  /**
   * A new one.
   *
   * @throws ProblemException TOO_MANY_REQUESTS or UPSTREAM_BUSY, if too many are not used yet
   */
  String make(Holder holder, Optional<String> origin, String feed) {
    byte[] bytes = new byte[BYTES];
    random.nextBytes(bytes);
    String ticket = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    keep(hash(ticket), new Ticket(holder, origin, feed, end(holder)));
    return ticket;
  }

  /** Not after the token that asked for it. */
  private Instant end(Holder holder) {
    Instant end = clock.instant().plus(LIFE);
    return holder
        .bearer()
        .flatMap(one -> one.identity().expires())
        .filter(end::isAfter)
        .orElse(end);
  }

  private synchronized void keep(String hash, Ticket ticket) {
    forgetOld();
    String holder = ticket.holder.name();
    if (perHolder.getOrDefault(holder, 0) >= MOST_OF_ONE) {
      throw new ProblemException(
          Problem.TOO_MANY_REQUESTS,
          "There are " + MOST_OF_ONE + " tickets of this token that were not used yet",
          "Use them, or wait: each ends after " + LIFE.toSeconds() + " s");
    }
    if (byHash.size() >= MOST) {
      throw new ProblemException(
          Problem.UPSTREAM_BUSY, "This server keeps as many tickets as it may", "Try again");
    }
    byHash.put(hash, ticket);
    perHolder.merge(holder, 1, Integer::sum);
  }

  private void forgetOld() {
    Instant now = clock.instant();
    Iterator<Ticket> oldest = byHash.values().iterator();
    while (oldest.hasNext()) {
      Ticket ticket = oldest.next();
      if (now.isBefore(ticket.end)) {
        return;
      }
      oldest.remove();
      release(ticket);
    }
  }

  private void release(Ticket ticket) {
    perHolder.computeIfPresent(
        ticket.holder.name(), (name, count) -> count == 1 ? null : count - 1);
  }

  /** Whose ticket it is, if this call may use it; whoever shows it, it is spent. */
  Optional<Holder> take(String ticket, Call call) {
    return spent(hash(ticket))
        .filter(one -> clock.instant().isBefore(one.end))
        .filter(one -> OpenPaths.streamedFeed(call).filter(one.feed::equals).isPresent())
        .filter(one -> isSamePage(one.origin, call))
        .map(Ticket::holder);
  }

  private synchronized Optional<Ticket> spent(String hash) {
    Ticket found = byHash.remove(hash);
    if (found != null) {
      release(found);
    }
    return Optional.ofNullable(found);
  }

  /**
   * A browser leaves out Origin in a GET of a page of the same origin, and says so: then the page
   * that asked must have been of this Host, by whatever scheme a proxy is called.
   */
  private static boolean isSamePage(Optional<String> asked, Call call) {
    if (!call.header("Origin").isEmpty() || asked.isEmpty()) {
      return AccessRules.origin(call).equals(asked);
    }
    return call.header("Sec-Fetch-Site").equals(List.of("same-origin"))
        && call.header("Host").stream()
            .anyMatch(host -> asked.get().replaceFirst("^https?://", "").equalsIgnoreCase(host));
  }

  private static String hash(String ticket) {
    try {
      byte[] bytes = ticket.getBytes(StandardCharsets.UTF_8);
      return new String(
          MessageDigest.getInstance("SHA-256").digest(bytes), StandardCharsets.ISO_8859_1);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }
}
