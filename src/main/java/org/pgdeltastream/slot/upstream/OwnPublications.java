package org.pgdeltastream.slot.upstream;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.ColumnDetails;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.replication.publication.PublicationClaim;
import org.pgdeltastream.replication.publication.PublicationKeeper;
import org.pgdeltastream.replication.publication.Publications;
import org.pgdeltastream.replication.publication.Refreshed;
import org.pgdeltastream.slot.database.Database;
import org.pgdeltastream.slot.database.PublicationRefusals;

/**
 * Keeps our own publications in step with the tables, and reports in the state of their slots, and
 * in the log, what is left out.
 */
public final class OwnPublications {
  private static final System.Logger LOG = System.getLogger(OwnPublications.class.getName());

  /** Checks take at most a twentieth of the time, however many tables there are. */
  private static final int PAUSE_FACTOR = 20;

  /** Checks are rarer while no slot that is known here uses our publications. */
  private static final int CHECKS_SKIPPED = 11;

  private static final long READER_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long READER_WAIT_MILLIS = 1000;

  private final PublicationKeeper keeper;
  private final Publications publications;
  private final Catalog catalog;
  private final Supplier<List<KnownSlot>> slots;
  private final ReentrantLock one = new ReentrantLock();
  private List<String> leftOut = List.of();
  private String failure = "";
  private int toSkip;
  private long nextCheck = System.nanoTime();
  private volatile long nextOfReaders = System.nanoTime();

  /**
   * Checks nothing yet.
   *
   * @param slots those that this server knows now
   */
  public OwnPublications(Database database, Supplier<List<KnownSlot>> slots) {
    this.keeper = database.publicationKeeper();
    this.publications = database.publications();
    this.catalog = database.catalog();
    this.slots = slots;
  }

  /** Makes them, with the name of a slot that is about to be made, or adds new tables. */
  public PublicationClaim claim(SlotName slot) throws SQLException {
    try {
      PublicationClaim claim = keeper.claim(slot);
      if (isUsed()) { // by slots that were made before
        claim.refreshed().gaps().forEach(this::warn);
      }
      return claim;
    } catch (SQLException e) {
      throw PublicationRefusals.asElsewhere(e);
    }
  }

  /** The slot was not made, for another reason, which the caller reports. */
  public void undo(PublicationClaim claim) {
    try {
      claim.undo();
    } catch (SQLException e) {
      LOG.log(WARNING, "Our publications are left to the next check: " + e.getMessage());
    }
  }

  /** The slot's client accepts publications that were made after the slot. */
  void adopt(SlotName slot) {
    try {
      keeper.adopt(slot);
    } catch (SQLException e) {
      LOG.log(WARNING, "Slot " + slot + " may lose our publications: " + e.getMessage());
    }
  }

  /** After a slot was dropped, which has succeeded even if this fails. */
  public void tidy() {
    try {
      keeper.tidy();
    } catch (SQLException e) {
      LOG.log(WARNING, "Our publications cannot be tidied: " + e.getMessage());
    }
  }

  /** Every few seconds: adds tables that are new, and warns of changes that they may lack. */
  public void check() {
    boolean used = isUsed();
    if (!used && toSkip-- > 0) {
      return;
    }
    toSkip = CHECKS_SKIPPED;
    one.lock();
    try {
      long begin = System.nanoTime();
      if (begin - nextCheck >= 0) {
        refresh(true, used);
        nextCheck = System.nanoTime() + PAUSE_FACTOR * (System.nanoTime() - begin);
      }
    } finally {
      one.unlock();
    }
  }

  /** The catalog, for a stream of ours: a table that was not seen before may be a new one. */
  Catalog watching() {
    return new Catalog() {
      @Override
      public List<ColumnDetails> details(Relation relation, Lsn commit) {
        refreshForReader(relation.id());
        return catalog.details(relation, commit);
      }

      @Override
      public int originNumber(String originName) {
        return catalog.originNumber(originName);
      }
    };
  }

  /** In a reader's thread, so once for all new tables; the next check does the rest. */
  private void refreshForReader(int relationId) {
    if (!keeper.isNew(relationId) || System.nanoTime() - nextOfReaders < 0 || !tryLock()) {
      return;
    }
    try {
      if (keeper.isNew(relationId)) {
        refresh(false, true);
      }
      if (keeper.isNew(relationId)) { // dropped since, or another server is at it
        nextOfReaders = System.nanoTime() + READER_PAUSE_NANOS;
      }
    } finally {
      one.unlock();
    }
  }

  private boolean tryLock() {
    try {
      return one.tryLock(READER_WAIT_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void refresh(boolean waitsForLocks, boolean used) {
    try {
      Optional<Refreshed> refreshed = keeper.refresh(waitsForLocks);
      failure = "";
      refreshed.ifPresent(
          now -> {
            now.gaps().forEach(this::warn);
            warnOfLeftOut(now.leftOut());
          });
      users().forEach(slot -> slot.leftOut(leftOut));
    } catch (SQLException e) {
      String text = "Our publications cannot be kept in step: " + e.getMessage();
      LOG.log(used && !text.equals(failure) ? WARNING : DEBUG, text); // once, not at each check
      failure = text;
    }
  }

  private void warnOfLeftOut(List<String> now) {
    now.stream().filter(warning -> !leftOut.contains(warning)).forEach(w -> LOG.log(WARNING, w));
    leftOut = List.copyOf(now);
  }

  /** Whether the slot was made with our publications, here or elsewhere; if so, the slot knows. */
  boolean isUser(KnownSlot slot) throws SQLException {
    if (!publications.present().users().contains(slot.name().value())) {
      return false;
    }
    slot.publications(Publications.OWN, true);
    return true;
  }

  private boolean isUsed() {
    return users().findAny().isPresent();
  }

  private Stream<KnownSlot> users() {
    return slots.get().stream().filter(KnownSlot::ownPublications);
  }

  private void warn(String warning) {
    users().forEach(slot -> slot.warn(warning));
    LOG.log(WARNING, warning);
  }
}
