package org.pgdeltastream.slot;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;

/**
 * A subscriber of a feed that comes and goes as it likes: with its last position, by another
 * transport, in another format; now and then it begins elsewhere, or does not read for a while.
 */
final class FeedFollower implements Runnable, FeedConnection.Receiver {
  private static final Pattern HELLO =
      Pattern.compile(".*\"token\":\"([^\"]+)\",\"start\":\"([^\"]+)\".*");
  private static final Pattern REFETCH =
      Pattern.compile(
          ".*\"reason\":\"(\\w+)\",\"oldest\":\"[^\"]*?([^.\"]+)\",\"position\":\"([^\"]+)\".*");
  private static final String LIVE = "is live";
  private static final int SMALL_BUFFER = 8 * 1024;

  /** What it follows. */
  record Feed(
      IntSupplier port, String name, long windowBytes, FeedLedger ledger, LongSupplier walEnd) {}

  private final Feed feed;
  private final String name;
  private final String view;
  private final Random random;
  private final FeedCheck check;
  private final boolean isSlow;
  private volatile @Nullable FeedConnection connection;
  private volatile boolean over;
  private volatile boolean quiet; // it no longer goes, jumps or stops reading
  private String token = ""; // of its view, once it knows it
  private boolean isNew = true;
  private volatile Lsn asked = Lsn.NONE; // NONE for a word
  private long left; // messages until it goes
  private volatile String state = "has not begun";
  private volatile long heardAt = System.nanoTime();
  private final AtomicInteger begun = new AtomicInteger(); // how often it began elsewhere

  FeedFollower(Feed feed, int number, Random random) {
    this.feed = feed;
    this.random = random;
    name = "subscriber " + number;
    view = number % 2 == 0 ? "&add-tables=public.w" : "";
    check = new FeedCheck(feed.ledger(), name);
    isSlow = number % 8 == 3;
  }

  /** Where it is. */
  Lsn position() {
    return check.position();
  }

  boolean isSlow() {
    return isSlow;
  }

  /** Goes away without a word. */
  void vanish() {
    FeedConnection present = connection;
    if (present != null) {
      try {
        present.close();
      } catch (IOException e) {
        feed.ledger().count("failed closes");
      }
    }
  }

  /** From now on it only reads. */
  void settle() {
    quiet = true;
  }

  /** From now on it comes, goes and stops as it likes again. */
  void roam() {
    quiet = false;
  }

  void end() {
    over = true;
    vanish();
  }

  @Override
  public void run() {
    while (!over) {
      try {
        follow();
      } catch (FeedConnection.RefusedException e) {
        refused(e);
      } catch (SocketTimeoutException e) {
        check.fault("hears nothing from " + connection);
      } catch (IOException e) {
        feed.ledger().count("connections that broke");
        state = "comes again after " + e;
        pause(50);
      } catch (RuntimeException e) {
        check.fault("fails with " + e);
      } finally {
        check.broken();
      }
      pause(random.nextInt(30));
    }
  }

  private void refused(FeedConnection.RefusedException e) {
    state = "was refused: " + e.getMessage();
    if (e.status() == 503 || e.status() == 429) {
      feed.ledger().count("answers with " + e.status());
      pause(100);
    } else {
      check.fault("is refused: " + e.getMessage());
      pause(500);
    }
  }

  private void follow() throws IOException {
    if (!quiet && random.nextInt(12) == 0) {
      isNew = true;
      begun.getAndIncrement();
    }
    String after = after();
    left = random.nextInt(4) == 0 ? 1 + random.nextInt(20) : 50 + random.nextInt(2000);
    state = "asks after " + after;
    try (FeedConnection opened = open(after)) {
      connection = opened;
      state = "was let in, and told nothing";
      while (!over && opened.next(this) && (quiet || left-- > 0)) {
        heardAt = System.nanoTime();
        perhapsStop();
      }
    }
  }

  /** Its position; where it begins anew a word, or where a transaction ended. */
  private String after() {
    Optional<Lsn> somewhere =
        random.nextInt(3) == 0
            ? feed.ledger().somewhere(random, feed.windowBytes() * 9 / 8)
            : Optional.empty();
    if (isNew && somewhere.isPresent()) {
      check.begins(somewhere.get());
      isNew = false;
    }
    asked = isNew ? Lsn.NONE : check.position();
    if (isNew) {
      return random.nextInt(3) == 0 ? "now" : "oldest";
    }
    return (token.isEmpty() || random.nextInt(4) == 0 ? "" : token + ".") + asked;
  }

  private FeedConnection open(String after) throws IOException {
    String query =
        "?format=" + (1 + random.nextInt(2)) + view + (random.nextInt(6) == 0 ? "&linger=20" : "");
    String stream = "/v1/feeds/" + feed.name() + "/stream" + query;
    int buffer = isSlow && !quiet ? SMALL_BUFFER : 0;
    switch (isNew ? random.nextInt(4) : random.nextInt(5)) {
      case 0, 1 -> {
        return new FeedConnection.Socket(
            feed.port().getAsInt(), stream + "&after=" + after, buffer);
      }
      case 2 -> {
        return new FeedConnection.Events(
            feed.port().getAsInt(), stream + "&after=now", buffer, after);
      }
      case 3 -> {
        return new FeedConnection.Events(
            feed.port().getAsInt(), stream + "&after=" + after, buffer, "");
      }
      default -> {
        return pull(after, random.nextInt(6), 1 + random.nextInt(1 << 20));
      }
    }
  }

  private FeedConnection pull(String after, int wait, int limit) throws IOException {
    String path =
        "/v1/feeds/%s/changes?after=%s&wait=%d&limit-bytes=%d&format=%d%s"
            .formatted(feed.name(), after, wait, limit, 1 + random.nextInt(2), view);
    return new FeedConnection.Pull(feed.port().getAsInt(), path, 0, random.nextInt(3) > 0);
  }

  /** Whether a pull after this LSN is served without a gap, or refused. */
  void probe(Lsn after) throws IOException {
    check.begins(after);
    asked = after;
    isNew = false;
    try (FeedConnection one = pull(after.toString(), 0, 1)) {
      one.next(this);
    } catch (FeedConnection.RefusedException e) {
      refused(e);
    } finally {
      check.broken();
    }
  }

  private void perhapsStop() {
    if (!quiet && random.nextInt(isSlow ? 100 : 3000) == 0) {
      feed.ledger().count("stops of reading");
      String before = state;
      state = "does not read";
      pause(random.nextInt(6000));
      state = before;
    }
  }

  private static void pause(long milliseconds) {
    LockSupport.parkNanos(milliseconds * 1_000_000);
  }

  @Override
  public void hello(String json) {
    state = "is greeted, and not placed yet, or in a scan that has nothing for it";
    Matcher hello = HELLO.matcher(json);
    if (!hello.matches()) {
      check.fault("is greeted with " + json);
      return;
    }
    token(hello.group(1));
    Lsn start = Lsn.parse(hello.group(2));
    if (isNew) {
      check.begins(start);
      isNew = false;
    } else if (!start.equals(check.position())) {
      check.fault("is served from " + start);
    }
  }

  private void token(String its) {
    if (!token.isEmpty() && !token.equals(its)) {
      check.fault("has token " + token + " and is told " + its);
    }
    token = its;
  }

  @Override
  public void message(String json) {
    state = state.equals(LIVE) ? LIVE : "is given what it has missed";
    check.message(json);
  }

  @Override
  public void position(String position) {
    int dot = position.lastIndexOf('.');
    token(position.substring(0, dot));
    check.moved(Lsn.parse(position.substring(dot + 1)));
  }

  @Override
  public void live() {
    state = LIVE;
  }

  /** Legal only where its position is further behind than the window is long. */
  @Override
  public void mustRefetch(String json) {
    state = "was told to fetch again";
    Matcher refetch = REFETCH.matcher(json);
    long walEnd = feed.walEnd().getAsLong();
    if (!refetch.matches() || asked.equals(Lsn.NONE) || !refetch.group(1).equals("window")) {
      check.fault("asked for " + asked + " and got " + json);
    } else if (!Lsn.parse(refetch.group(2)).isAfter(asked)
        || (walEnd > 0
            && walEnd - asked.value() < feed.windowBytes() * 15 / 16)) { // it moves in steps
      check.fault("is in the window, but got " + json + ", WAL ends at " + new Lsn(walEnd));
    }
    if (refetch.matches()) {
      String position = refetch.group(3);
      Lsn to = Lsn.parse(position.substring(position.lastIndexOf('.') + 1));
      feed.ledger().jumped(asked, to);
      check.begins(to);
    }
  }

  @Override
  public void bye(String why) {
    state = "was told goodbye: " + why;
    feed.ledger().count(why);
  }

  /** Where it is, and what it knows of its state at the server. */
  @Override
  public String toString() {
    return "%s%s at %s, has begun elsewhere %d times, asked for %s, %s, heard last %d ms ago, by %s"
        .formatted(
            name,
            isSlow ? " (slow)" : "",
            position(),
            begun.get(),
            asked,
            state,
            (System.nanoTime() - heardAt) / 1_000_000,
            connection);
  }
}
