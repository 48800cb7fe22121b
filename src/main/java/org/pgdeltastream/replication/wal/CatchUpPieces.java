package org.pgdeltastream.replication.wal;

import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import org.pgdeltastream.change.Lsn;
import org.postgresql.copy.CopyOut;

/**
 * What a slot has missed, piece by piece, in order: PostgreSQL decodes each whole before it sends
 * the first row. Where there are two copies of the slot they take turns.
 */
final class CatchUpPieces implements AutoCloseable {
  private final List<SlotCopy> copies;
  private final Executor threads;
  private Map<String, String> options = Map.of();

  /**
   * Of these copies.
   *
   * @param threads for decoding ahead; while all are busy, nothing is decoded ahead
   */
  CatchUpPieces(List<SlotCopy> copies, Executor threads) {
    this.copies = copies;
    this.threads = threads;
  }

  /** A piece that PostgreSQL has decoded: its rows wait to be read. */
  record Piece(SlotCopy copy, Lsn end, CopyOut rows, long decodedNanos) {}

  /** A piece that is being decoded, or will be by the thread that runs it; none after the last. */
  record Next(SlotCopy copy, FutureTask<Optional<Piece>> task) {}

  /** The copy that the first piece is read from. */
  SlotCopy firstCopy() {
    return copies.get(0);
  }

  /** The options of the plugin, as the walsender got them. */
  void options(Map<String, String> agreed) {
    options = agreed;
  }

  /** A short one: it shows whether more are worth it. */
  Optional<Piece> first() throws SQLException, IOException {
    for (SlotCopy copy : copies) {
      copy.database().input().orElseThrow().readInBulk();
    }
    return decode(firstCopy(), Lsn.NONE, true);
  }

  /** The piece behind this one, at once if there are another backend and a thread. */
  Next behind(Piece piece) {
    SlotCopy copy = piece.copy();
    SlotCopy other = copies.get((copies.indexOf(copy) + 1) % copies.size());
    if (other == copy) {
      return new Next(copy, new FutureTask<>(() -> decode(copy, piece.end(), false)));
    }
    FutureTask<Optional<Piece>> task =
        new FutureTask<>(
            () -> {
              other.follow(copy);
              return decode(other, piece.end(), false);
            });
    try {
      threads.execute(task);
    } catch (RejectedExecutionException e) {
      // the reader does it
    }
    return new Next(other, task);
  }

  /** Whether more follows this piece, which was read. */
  static boolean isMoreBehind(Piece piece) throws SQLException {
    return piece.copy().nextEnd(piece.end(), false).isPresent();
  }

  private Optional<Piece> decode(SlotCopy copy, Lsn start, boolean first) throws SQLException {
    Optional<Lsn> upTo = copy.nextEnd(start, first);
    if (upTo.isEmpty()) {
      return Optional.empty();
    }
    long asked = System.nanoTime();
    copy.silence().waiting(true);
    CopyOut rows = copy.rows(upTo.get(), options);
    copy.silence().waiting(false);
    return Optional.of(new Piece(copy, upTo.get(), rows, System.nanoTime() - asked));
  }

  /** Ends the backends, which are idle, and with them the copies. */
  @Override
  public void close() {
    copies.forEach(SlotCopy::close);
  }

  /** Ends the backends even while they work; for a bounded time. */
  void cancel() {
    copies.forEach(SlotCopy::cancel);
  }
}
