package org.pgdeltastream.journal;

import static java.lang.System.Logger.Level.WARNING;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.Lsn;

/**
 * Keeps pgoutput's messages of the last minutes in temporary files. One thread writes; any thread
 * may ask and scan. Where it cannot keep a transaction it drops everything, and begins again at the
 * end of that transaction: the writer never fails.
 */
public final class Journal implements Closeable {
  private static final System.Logger LOG = System.getLogger(Journal.class.getName());

  /** Behind every position: nothing can be read. */
  private static final Lsn NOWHERE = new Lsn(-1);

  private final HeapBudget budget;
  private final Descriptions known;
  private final Segments segments;
  private boolean lost = true; // until a transaction ends, nothing can be read
  private boolean failing;
  private boolean closed;
  private Optional<String> failure = Optional.empty();

  /**
   * An empty one, without files; it keeps nothing before {@link #startAt}.
   *
   * @param directory of its files, which nobody else sees
   * @param mostBytes of all its files together
   * @param budget for descriptions and large messages
   */
  public Journal(Path directory, long mostBytes, HeapBudget budget) {
    this.budget = budget;
    this.known = new Descriptions(budget.share());
    this.segments = new Segments(directory, mostBytes, known);
  }

  /** Forgets everything, also what PostgreSQL described; keeps what comes after this position. */
  public synchronized void startAt(Lsn position) {
    known.clear();
    beginAt(position);
  }

  /** Copies one message of pgoutput. */
  public synchronized void append(byte[] message, int start, int end, long walPosition) {
    if (closed) {
      return;
    }
    if (!lost) {
      try {
        lost = !segments.append(message, start, end, walPosition);
      } catch (IOException e) {
        fail(e);
      }
      if (lost) {
        segments.beginAt(segments.end());
      }
    }
    known.note(message, start, end, walPosition);
  }

  /** What was appended since the last end is a whole transaction, which ends here. */
  public synchronized void transactionEnded(Lsn end) {
    if (lost) {
      beginAt(end);
      return;
    }
    segments.ended(end);
  }

  /** Nothing happened between the last end and here. */
  public synchronized void movedTo(Lsn position) {
    transactionEnded(position);
  }

  /** The open transaction comes again, or never; PostgreSQL describes all again. */
  public synchronized void connectionEnded() {
    rollBack();
    known.clear();
  }

  /** Forgets what was appended after the last end, but not what PostgreSQL described. */
  synchronized void rollBack() {
    try {
      segments.rollBack();
    } catch (IOException e) {
      fail(e);
    }
  }

  /** Everything after this position can be read again. FFFFFFFF/FFFFFFFF: nothing can. */
  public synchronized Lsn start() {
    return lost ? NOWHERE : segments.start();
  }

  /** Where the last transaction ended, or how far PostgreSQL was without one. */
  public synchronized Lsn end() {
    return segments.end();
  }

  /** {@link #scan} would work now. */
  public synchronized boolean covers(Lsn after) {
    return !start().isAfter(after) && !lost;
  }

  /** Nobody wants to read what came before this position. */
  public synchronized void forgetBefore(Lsn position) {
    if (!lost) {
      segments.forgetBefore(position);
    }
  }

  /** Held in files, or soon. */
  public synchronized long bytes() {
    return segments.bytes();
  }

  /** What failed last, if anything did. */
  public synchronized Optional<String> failure() {
    return failure;
  }

  /**
   * Reads what came after this position, up to the present end: descriptions first, then whole
   * transactions, perhaps some from before.
   *
   * @throws IllegalArgumentException if it is not {@linkplain #covers covered}
   * @throws IOException if the journal cannot be written
   */
  public synchronized JournalScan scan(Lsn after) throws IOException {
    if (!covers(after)) {
      throw new IllegalArgumentException(
          "The journal does not go back to " + after + "; it starts at " + start());
    }
    try {
      JournalScan scan = segments.scan(after, budget);
      failing = false;
      return scan;
    } catch (IOException e) {
      fail(e);
      throw e;
    }
  }

  /** Deletes the files; running scans fail. */
  @Override
  public synchronized void close() {
    closed = true;
    lost = true;
    known.clear();
    segments.beginAt(segments.end());
  }

  private void beginAt(Lsn position) {
    segments.beginAt(position);
    lost = closed;
  }

  private void fail(IOException e) {
    lost = true;
    segments.beginAt(segments.end());
    failure = Optional.of("The journal cannot be written: " + e);
    if (!failing) {
      LOG.log(
          WARNING,
          "The journal cannot be written; late readers must read from PostgreSQL until it can be",
          e);
    }
    failing = true;
  }
}
