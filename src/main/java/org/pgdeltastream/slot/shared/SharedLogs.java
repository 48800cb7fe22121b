package org.pgdeltastream.slot.shared;

import java.sql.SQLException;
import java.util.function.Supplier;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.delivery.StreamCounts;
import org.pgdeltastream.journal.kafka.KafkaLog;
import org.pgdeltastream.journal.shared.KafkaSettings;
import org.pgdeltastream.journal.shared.LogException;
import org.pgdeltastream.journal.shared.LogException.Kind;
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
    this.settings = services.settings().ofKafka();
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
      SharedFeed.make(log, start, services);
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
