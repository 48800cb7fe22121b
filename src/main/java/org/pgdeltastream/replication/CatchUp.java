package org.pgdeltastream.replication;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MalformedMessageException;
import org.postgresql.copy.CopyOut;

/**
 * Reads by queries what a slot has missed while nobody read it: an ordinary backend fills its
 * buffer before it sends, where a walsender sends each message by itself (StreamBenchmark W1, W2,
 * W5). It reads a copy of the slot. The slot itself is held meanwhile by the stream's walsender,
 * which waits at {@link #end} and is told what is acknowledged, as ever.
 *
 * <p>Source: manual, "COPY", binary format.
 */
public final class CatchUp implements AutoCloseable {
  private static final int WAIT_MILLIS = 250;
  private static final long PAUSE_NANOS = 5_000_000;
  private static final int MOST_SENDING = 2; // times decoding (StreamBenchmark W5)
  private static final long LOOK_NANOS = 2_000_000;
  private static final byte[] SIGNATURE =
      "PGCOPY\n\377\r\n\0".getBytes(StandardCharsets.ISO_8859_1);
  private static final int HEADER = SIGNATURE.length + 8; // flags, length of an extension
  private static final int END_OF_ROWS = 2;
  private static final int POSITION = 6; // in a row: number of fields, length, position,
  private static final int DATA = 18; // length, the plugin's output

  private final SlotCopy copy;
  private final SocketInput input;
  private final Silence silence;
  private Map<String, String> options = Map.of();
  private volatile boolean reading;

  private CatchUp(SlotCopy copy, SocketInput input) {
    this.copy = copy;
    this.input = input;
    this.silence = new Silence(input::heardAt, System.nanoTime());
    if (!copy.database().encrypted()) {
      input.answerLooksAtOnce();
    }
  }

  /** Of a slot that this pays for; empty where PostgreSQL does not let us. */
  static Optional<CatchUp> of(
      ReplicationConnector connector, SlotRow slot, long pieceBytes, Map<String, String> options)
      throws SQLException {
    return SlotCopy.of(connector, slot, pieceBytes, options)
        .map(copy -> new CatchUp(copy, copy.database().input().orElseThrow()));
  }

  /**
   * Where the walsender begins: it skips what was committed before, and that is read here. Neither
   * leaves out a commit that lies across the end, nor takes it twice.
   */
  Lsn end() {
    return copy.end();
  }

  /** The options of the plugin, as the walsender was given them. */
  void options(Map<String, String> agreed) {
    options = agreed;
  }

  /** Somebody is inside {@link #read}. */
  boolean isReading() {
    return reading;
  }

  /** The number of the backend. */
  int process() {
    return copy.process();
  }

  /** How long the backend has given no sign of life to a reader that waits for one. */
  long silentNanos() {
    return silence.nanos(System.nanoTime());
  }

  /**
   * Reads up to the end, piece by piece, and closes.
   *
   * @throws CatchUpEndException if the walsender is as quick. It stands at the end: the stream has
   *     to connect again
   * @throws SQLException as for a lost connection: the same
   */
  void read(WalListener listener, ReplicationStream walsender, BooleanSupplier stopping)
      throws SQLException, IOException {
    reading = true;
    try {
      input.enlargeReceiveBuffer();
      boolean first = true;
      Optional<Lsn> next = copy.nextEnd(first);
      while (next.isPresent() && !stopping.getAsBoolean()) {
        Piece piece = readPiece(next.get(), listener, walsender, stopping);
        if (stopping.getAsBoolean()) {
          return; // behind a COPY that goes on the driver would wait for its end, for ever
        }
        Optional<String> pointless = piece.pointless(first);
        first = false;
        next = copy.nextEnd(first);
        if (next.isPresent() && pointless.isPresent()) {
          throw new CatchUpEndException(pointless.get());
        }
      }
    } catch (CatchUpEndException e) {
      throw e;
    } catch (SQLException e) {
      if (!stopping.getAsBoolean()) {
        throw new SQLException("The catch-up was lost: " + e.getMessage(), "08006", e);
      }
    } finally {
      reading = false;
      close();
    }
  }

  /** How long PostgreSQL decoded, and how long the client took, one after the other. */
  private record Piece(long messages, long bytes, long decodedNanos, long sentNanos) {
    /** Why a walsender is as quick, where it is: it decodes while the client takes. */
    Optional<String> pointless(boolean first) {
      if (messages == 0) {
        return Optional.of("nothing comes: a large transaction, or the changes of others");
      }
      Optional<String> wide = SlotCopy.tooWide(bytes / messages);
      if (wide.isPresent()) {
        return wide;
      }
      return first || sentNanos <= decodedNanos * MOST_SENDING // the first may find us cold
          ? Optional.empty()
          : Optional.of("PostgreSQL is quicker than the client");
    }
  }

  private Piece readPiece(
      Lsn upTo, WalListener listener, ReplicationStream walsender, BooleanSupplier stopping)
      throws SQLException, IOException {
    long start = System.nanoTime();
    silence.waiting(true);
    CopyOut rows = copy.rows(upTo, options);
    silence.waiting(false);
    long taken = 0;
    long bytes = 0;
    long decoded = System.nanoTime();
    long lookedAfter = decoded;
    while (rows.isActive() && !stopping.getAsBoolean()) {
      boolean wanted = listener.wantsMore();
      byte[] row = wanted ? rows.readFromCopy(false) : null;
      if (row == null || System.nanoTime() - lookedAfter > LOOK_NANOS) {
        walsender.tryReport();
        listener.onPause();
        lookedAfter = System.nanoTime();
      }
      if (!wanted) {
        LockSupport.parkNanos(PAUSE_NANOS);
      } else if (row == null && rows.isActive()) {
        row = await(rows);
      }
      if (row != null) {
        take(row, taken == 0 ? header(row) : 0, listener);
        taken++;
        bytes += row.length;
      }
    }
    long messages = Math.max(0, taken - 1); // without the end
    return new Piece(messages, bytes, decoded - start, System.nanoTime() - decoded);
  }

  /** A row, if the driver had to be asked for it; null tells to try again. */
  private byte @Nullable [] await(CopyOut rows) throws SQLException, IOException {
    silence.waiting(true);
    boolean came = input.await(WAIT_MILLIS);
    silence.waiting(false);
    return came && copy.database().encrypted() ? rows.readFromCopy(true) : null;
  }

  /** What stands before the first row, in the same message. */
  private static int header(byte[] message) {
    need(message, HEADER);
    for (int i = 0; i < SIGNATURE.length; i++) {
      if (message[i] != SIGNATURE[i]) {
        throw new MalformedMessageException("Not the binary format of COPY");
      }
    }
    return HEADER;
  }

  private static void take(byte[] message, int start, WalListener listener) throws IOException {
    if (message.length - start == END_OF_ROWS) {
      return;
    }
    need(message, start + DATA);
    listener.onWalData(message, start + DATA, ByteBuffer.wrap(message).getLong(start + POSITION));
  }

  private static void need(byte[] message, int length) {
    if (message.length < length) {
      throw new MalformedMessageException(
          "A row of a catch-up of " + message.length + " bytes, at least " + length + " needed");
    }
  }

  /** Ends the backend, and with it the copy. */
  @Override
  public void close() {
    copy.database().close();
  }
}
