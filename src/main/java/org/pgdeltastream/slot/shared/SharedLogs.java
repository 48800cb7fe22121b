package org.pgdeltastream.slot.shared;

import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.delivery.StreamCounts;
import org.pgdeltastream.journal.kafka.KafkaLog;
import org.pgdeltastream.journal.shared.KafkaSettings;
import org.pgdeltastream.journal.shared.LogException;
import org.pgdeltastream.journal.shared.LogException.Kind;
import org.pgdeltastream.journal.shared.LogWriter;
import org.pgdeltastream.journal.shared.RecordHeader;
import org.pgdeltastream.journal.shared.RecordKind;
import org.pgdeltastream.journal.shared.SharedLog;
import org.pgdeltastream.slot.database.Problems;
import org.pgdeltastream.slot.upstream.KnownSlot;
import org.pgdeltastream.slot.upstream.StreamServices;

/** The logs that the settings allow. For any thread. */
public final class SharedLogs {
  private final StreamServices services;
  private final KafkaSettings settings;

  public SharedLogs(StreamServices services) {
    this.services = services;
    this.settings = services.settings().ofFeeds().ofKafka();
  }

  /** What this server does for a feed. */
  public SharedFeed feed(String name, SharedFeed.Asked asked, KnownSlot slot, StreamCounts counts) {
    return new SharedFeed(asked, slot, log(name), services, counts);
  }

  private SharedLog log(String feed) {
    if (settings.kafka().isEmpty()) {
      throw new ProblemException(
          Problem.BAD_REQUEST,
          "This server does not know where Kafka is",
          "Set pgdelta.kafka, or leave the feed's storage to be wal");
    }
    try {
      return new KafkaLog(settings, feed);
    } catch (NoClassDefFoundError e) {
      throw new ProblemException(
          Problem.UPSTREAM_CONFIG,
          "pgdelta.kafka is set, but Kafka's client is not in this WAR",
          "Deploy pgdeltastream-kafka.war",
          e);
    } catch (IllegalArgumentException e) {
      throw new ProblemException(
          Problem.UPSTREAM_CONFIG, String.valueOf(e.getMessage()), "Correct the file", e);
    }
  }

  /** Whether a feed has a log, which another server has made. */
  public boolean has(String feed) {
    if (settings.kafka().isEmpty()) {
      return false;
    }
    try {
      return log(feed).exists();
    } catch (LogException e) {
      throw problem(e);
    }
  }

  /**
   * Makes a feed's log and its slot.
   *
   * @param slot makes the slot, and tells where it begins
   * @param dropSlot undoes that
   */
  public void make(String feed, Supplier<Lsn> slot, Runnable dropSlot) {
    SharedLog log = log(feed);
    boolean isMade = false;
    boolean hasSlot = false;
    try {
      log.make(); // first: it says whether Kafka is there
      Lsn start = slot.get();
      hasSlot = true;
      makeFirst(log, start, services);
      isMade = true;
    } catch (LogException e) {
      throw problem(e);
    } catch (SQLException e) {
      throw Problems.of(e);
    } finally {
      if (hasSlot && !isMade) {
        dropSlot.run();
      }
    }
  }

  /** Makes the log of a slot that was just made: it begins where the slot does. */
  private static void makeFirst(SharedLog log, Lsn confirmed, StreamServices services)
      throws LogException, SQLException {
    int timeline = FollowSource.identify(services).timeline();
    ThreadLocalRandom random = ThreadLocalRandom.current();
    RecordHeader first =
        new RecordHeader(
            RecordKind.TERM,
            0,
            confirmed,
            confirmed,
            random.nextLong(),
            random.nextLong(),
            timeline);
    try (LogWriter writer = log.lead()) {
      writer.append(first, "made".getBytes(StandardCharsets.UTF_8));
      writer.commit();
    }
  }

  public void remove(String feed) {
    try {
      log(feed).remove();
    } catch (LogException e) {
      throw problem(e);
    }
  }

  private static ProblemException problem(LogException e) {
    Problem problem = e.kind() == Kind.AWAY ? Problem.JOURNAL_UNAVAILABLE : Problem.UPSTREAM_CONFIG;
    return new ProblemException(
        problem, String.valueOf(e.getMessage()), "Look at Kafka, then try again", e);
  }
}
