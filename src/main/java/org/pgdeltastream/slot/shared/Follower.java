package org.pgdeltastream.slot.shared;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;
import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.HeapUsedUpException;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MalformedMessageException;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.journal.shared.Chain;
import org.pgdeltastream.journal.shared.LogException;
import org.pgdeltastream.journal.shared.LogException.Kind;
import org.pgdeltastream.journal.shared.LogReader;
import org.pgdeltastream.journal.shared.LogRecord;
import org.pgdeltastream.journal.shared.NewDescriptions;
import org.pgdeltastream.journal.shared.RecordHeader;
import org.pgdeltastream.journal.shared.RecordKind;
import org.pgdeltastream.journal.shared.RecordMessages;
import org.pgdeltastream.replication.PostgresCatalog.CatalogException;
import org.pgdeltastream.slot.upstream.Ending;

/** Reads a shared log for the subscribers of this server. For the feed's thread. */
final class Follower {
  private static final System.Logger LOG = System.getLogger(Follower.class.getName());
  private static final Duration POLL = Duration.ofMillis(250);
  private static final Duration WAIT = Duration.ofMillis(500);
  private static final long LOOK_NANOS = Duration.ofMinutes(1).toNanos();
  private static final long CHECK_NANOS = Duration.ofSeconds(5).toNanos();
  private static final int MUCH = 32 * 1024;

  private final SharedFeed feed;
  private final FollowTarget target;
  private final Chain chain = new Chain();
  private final NewDescriptions descriptions = new NewDescriptions();
  private final RecordMessages messages;
  private final LogReader reader;
  private final FollowSource source;
  private FollowTarget.@Nullable Decoder decoder;
  private boolean isStarted; // it has a position
  private boolean isOpen; // subscribers are placed
  private long heardAt = System.nanoTime();
  private long lookedAt = System.nanoTime() - LOOK_NANOS; // for the log's start
  private Lsn whole = Lsn.NONE; // from here on it has no hole
  private long awaySince; // 0: the log answers

  Follower(SharedFeed feed, FollowTarget target, FollowSource source) throws LogException {
    this.feed = feed;
    this.target = target;
    this.source = source;
    feed.log().look();
    this.messages = new RecordMessages(feed.heap().share());
    this.reader = feed.log().read();
  }

  /** Reads until it is over, or cannot go on. */
  Ending run() {
    try {
      while (feed.stopping().isEmpty()) {
        try {
          step();
        } catch (LogException e) {
          Optional<Ending> end = afterFailure(e);
          if (end.isPresent()) {
            return end.get();
          }
        }
      }
      return feed.stopping().get();
    } catch (HeapUsedUpException | CatalogException e) { // another attempt may help
      return Ending.of(CloseReason.UPSTREAM_LOST, String.valueOf(e.getMessage()));
    } catch (IOException | MalformedMessageException e) {
      LOG.log(WARNING, "The log " + feed.log().name() + " cannot be decoded", e);
      return Ending.of(CloseReason.CANNOT_DECODE, "the feed's log cannot be decoded");
    } finally {
      close();
    }
  }

  private void close() {
    messages.close();
    if (decoder != null) {
      decoder.close();
    }
    reader.close();
  }

  private void step() throws IOException {
    if (!isStarted && !seek()) {
      feed.sleep(WAIT);
      return;
    }
    List<LogRecord> records = reader.poll(POLL);
    for (LogRecord record : records) {
      take(record.header(), record.body());
      if (record.body().length > MUCH) {
        target.publish(false);
      }
    }
    long now = System.nanoTime();
    boolean isSilent = records.isEmpty() && now - heardAt > CHECK_NANOS;
    if (isSilent) {
      reader.check();
    }
    awaySince = isSilent || !records.isEmpty() ? 0 : awaySince;
    heardAt = isSilent || !records.isEmpty() ? now : heardAt;
    published(reader.behind(), now);
  }

  /** How far back the log goes: it is cut as time passes. */
  private void noteFirst(long now) throws LogException {
    reader
        .first()
        .filter(first -> first.incarnation() == chain.incarnation())
        .ifPresent(first -> feed.goesBackTo(first.prev().max(whole)));
    lookedAt = now;
  }

  private void published(long behind, long now) throws LogException {
    boolean isAll = behind == 0;
    if (now - lookedAt > LOOK_NANOS) {
      noteFirst(now); // first: who waits may have an older position
    }
    if (isAll && !isOpen) {
      isOpen = true;
      target.open(source.server());
    }
    if (awaySince == 0) {
      feed.condition().follows(chain.max(), chain.incarnation(), behind);
    }
    target.publish(isAll);
  }

  /** Goes to the window's start; false if there is no record yet. */
  private boolean seek() throws LogException {
    Optional<RecordHeader> first = reader.seek(feed.asked().window(), feed.asked().windowBytes());
    if (first.isEmpty()) {
      feed.condition().follows(Lsn.NONE, 0, 0);
      return false;
    }
    isStarted = true;
    if (decoder == null) {
      startAt(first.get().prev(), first.get().incarnation());
    }
    return true;
  }

  private void startAt(Lsn position, long incarnation) {
    chain.startAt(position, incarnation);
    renewDecoder();
    target.startAt(position);
  }

  private void renewDecoder() {
    if (decoder != null) {
      decoder.close();
    }
    messages.forget();
    descriptions.clear();
    decoder = target.decoder(source.encoding(), source.catalog());
  }

  private void take(RecordHeader header, byte[] body) throws IOException {
    if (header.timeline() > source.server().timeline()) {
      throw new LogException(Kind.FENCED, "PostgreSQL was promoted; reconnect");
    }
    if (isOpen && header.kind() == RecordKind.TERM) {
      feed.condition().someoneLeads(header.term());
    }
    Chain.Verdict verdict = chain.take(header);
    if (verdict == Chain.Verdict.HOLE) {
      hole(header);
      take(header, body);
      return;
    }
    if (verdict == Chain.Verdict.INSTEAD) {
      renewDecoder();
    }
    if (verdict != Chain.Verdict.KNOWN) {
      read(header, body);
    }
  }

  private void read(RecordHeader header, byte[] body) throws IOException {
    if (header.kind().hasMessages()) {
      messages.read(body, this::decode);
      if (!chain.isOpen() && requireNonNull(decoder, "started").isFull()) {
        renewDecoder();
      }
    } else {
      target.movedTo(header.end());
    }
  }

  private void decode(byte[] bytes, int start, int end, long position) throws IOException {
    if (descriptions.isNew(bytes, start, end)) {
      FollowTarget.Decoder present = requireNonNull(decoder, "started");
      present.position(position);
      present.decode(bytes, start, end);
    }
  }

  /** All are told: they miss what lies before this record. */
  private void hole(RecordHeader header) {
    String what = "the feed's log has nothing between " + chain.max() + " and " + header.prev();
    LOG.log(WARNING, feed.log().name() + ": " + what + " (term " + header.term() + ")");
    target.endAll(CloseReason.POSITION_LOST, what);
    startAt(header.prev(), header.incarnation());
    isOpen = false;
    whole = header.prev();
    feed.goesBackTo(whole);
  }

  /** Empty if another attempt may help. */
  private Optional<Ending> afterFailure(LogException e) {
    if (e.kind() == Kind.AWAY) {
      return afterAway(e);
    }
    if (e.kind() == Kind.REMOVED) {
      isStarted = false; // what is missing then is found
      return Optional.empty();
    }
    if (e.kind() == Kind.MISSING) {
      feed.condition().cannotFollow(true);
    }
    CloseReason reason =
        e.kind() == Kind.FENCED ? CloseReason.UPSTREAM_LOST : Leader.reason(e); // by a promotion
    return Optional.of(Ending.of(reason, String.valueOf(e.getMessage())));
  }

  private Optional<Ending> afterAway(LogException e) {
    long now = System.nanoTime();
    if (awaySince == 0) {
      awaySince = now;
      LOG.log(INFO, feed.log().name() + " does not answer: " + e.getMessage());
    }
    feed.condition().isAway();
    if (now - awaySince > feed.hold().toNanos()) {
      return Optional.of(Ending.of(CloseReason.UPSTREAM_LOST, "the feed's log does not answer"));
    }
    feed.sleep(WAIT);
    return Optional.empty();
  }
}
