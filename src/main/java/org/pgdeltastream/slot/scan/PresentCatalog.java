package org.pgdeltastream.slot.scan;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.ColumnDetails;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.replication.PostgresCatalog.CatalogException;

/** The catalog of a feed's present connection; the feed's router outlives connections. */
public final class PresentCatalog implements Catalog {
  private static final long MOST_NANOS = Duration.ofMinutes(1).toNanos();
  private static final long PAUSE_NANOS = Duration.ofMillis(200).toNanos();

  private volatile Catalog present;

  public PresentCatalog(Catalog first) {
    this.present = first;
  }

  public void set(Catalog catalog) {
    present = catalog;
  }

  @Override
  public List<ColumnDetails> details(Relation relation, Lsn commit) {
    return present.details(relation, commit);
  }

  @Override
  public int originNumber(String originName) {
    return present.originNumber(originName);
  }

  /**
   * The same for who can wait: asks again while PostgreSQL is away, for a minute.
   *
   * @param isOver whether nobody wants to know any more
   */
  public Catalog waiting(BooleanSupplier isOver) {
    return new Catalog() {
      @Override
      public List<ColumnDetails> details(Relation relation, Lsn commit) {
        return answer(() -> present.details(relation, commit), isOver);
      }

      @Override
      public int originNumber(String originName) {
        return answer(() -> present.originNumber(originName), isOver);
      }
    };
  }

  private static <T> T answer(Supplier<T> question, BooleanSupplier isOver) {
    long start = System.nanoTime();
    while (true) {
      try {
        return question.get();
      } catch (CatalogException e) {
        if (isOver.getAsBoolean() || System.nanoTime() - start > MOST_NANOS) {
          throw e;
        }
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }
}
