package org.pgdeltastream.replication;

import static java.lang.System.Logger.Level.INFO;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MalformedMessageException;
import org.postgresql.copy.CopyOut;

/**
 * Reads by queries what a slot has missed while nobody read it: an ordinary backend fills its
 * buffer before it sends, where a walsender sends each message by itself (StreamBenchmark W1, W2,
 * W5). It reads a temporary copy of the slot. The slot itself is held meanwhile by the stream's
 * walsender, which waits at {@link #end} and is told what is acknowledged, as ever.
 *
 * <p>Source: manual, "Replication Management Functions", and "COPY", binary format.
 */
public final class CatchUp implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(CatchUp.class.getName());
  private static final int FIRST_VERSION = 12; // that can copy slots
  private static final int MOST_PIECES = 4; // at once
  private static final int MOST_PIECES_AGAIN = 8; // read again for each piece
  private static final int WAIT_MILLIS = 250;
  private static final long PAUSE_NANOS = 5_000_000;
  private static final long LOOK_NANOS = 2_000_000;
  private static final byte[] SIGNATURE =
      "PGCOPY\n\377\r\n\0".getBytes(StandardCharsets.ISO_8859_1);
  private static final int HEADER = SIGNATURE.length + 8; // flags, length of an extension
  private static final int END_OF_ROWS = 2;
  private static final int POSITION = 6; // in a row: number of fields, length, position,
  private static final int DATA = 18; // length, the plugin's output

  private final InputConnection database;
  private final SocketInput input;
  private final int process;
  private final String copy;
  private final long pieceBytes;
  private final Lsn end;
  private final Silence silence;
  private Map<String, String> options = Map.of();
  private volatile boolean reading;

  private CatchUp(
      InputConnection database,
      SocketInput input,
      int process,
      String copy,
      long pieceBytes,
      Lsn end) {
    this.database = database;
    this.input = input;
    this.process = process;
    this.copy = copy;
    this.pieceBytes = pieceBytes;
    this.end = end;
    this.silence = new Silence(input::heardAt, System.nanoTime());
  }

  /**
   * Whether a slot has missed so much that queries are quicker. Each begins at the restart
   * position: where a long transaction holds that back, they are not.
   */
  static boolean pays(SlotRow slot, long pieceBytes) {
    return pieceBytes > 0
        && !slot.active()
        && slot.lagBytes() >= pieceBytes
        && slot.readAgainBytes() <= MOST_PIECES_AGAIN * pieceBytes;
  }

  /** Copies the slot; empty where PostgreSQL does not let us. */
  static Optional<CatchUp> begin(ReplicationConnector connector, SlotRow slot, long pieceBytes)
      throws SQLException {
    InputConnection database = connector.openWithInput();
    try {
      int process = database.driver().getBackendPID();
      String copy = "pgdelta_catch_up_" + process;
      if (database.input().isEmpty() || !copy(database, slot, copy)) {
        database.close();
        return Optional.empty();
      }
      Lsn end = walEnd(database);
      SocketInput input = database.input().get();
      if (!database.encrypted()) {
        input.answerLooksAtOnce();
      }
      return Optional.of(new CatchUp(database, input, process, copy, pieceBytes, end));
    } catch (SQLException e) {
      database.close();
      LOG.log(INFO, "Slot " + slot.name() + " is read by its walsender alone: " + e.getMessage());
      return Optional.empty();
    }
  }

  private static boolean copy(InputConnection database, SlotRow slot, String name)
      throws SQLException {
    if (database.connection().getMetaData().getDatabaseMajorVersion() < FIRST_VERSION) {
      return false;
    }
    String sql =
        "select pg_catalog.pg_copy_logical_replication_slot(?, ?, true)"
            + " where not pg_catalog.pg_is_in_recovery()";
    try (PreparedStatement statement = database.connection().prepareStatement(sql)) {
      statement.setString(1, slot.name());
      statement.setString(2, name);
      try (ResultSet rows = statement.executeQuery()) {
        return rows.next();
      }
    }
  }

  private static Lsn walEnd(InputConnection database) throws SQLException {
    try (Statement statement = database.connection().createStatement();
        ResultSet rows =
            statement.executeQuery("select pg_catalog.pg_current_wal_flush_lsn()::text")) {
      rows.next();
      return Lsn.parse(rows.getString(1));
    }
  }

  /**
   * Where the walsender begins: it skips what was committed before, and that is read here. Neither
   * leaves out a commit that lies across the end, nor takes it twice.
   */
  Lsn end() {
    return end;
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
    return process;
  }

  /** How long the backend has given no sign of life to a reader that waits for one. */
  long silentNanos() {
    return silence.nanos(System.nanoTime());
  }

  /**
   * Reads up to the end, piece by piece, and closes.
   *
   * @throws SQLException as for a lost connection: the walsender has gone on, so the stream has to
   *     connect again
   */
  void read(WalListener listener, ReplicationStream walsender, BooleanSupplier stopping)
      throws SQLException, IOException {
    reading = true;
    try {
      while (!stopping.getAsBoolean()) {
        Lsn next = nextEnd();
        if (next.equals(Lsn.NONE)) {
          return;
        }
        readPiece(next, listener, walsender, stopping);
      }
    } catch (SQLException e) {
      if (!stopping.getAsBoolean()) {
        throw new SQLException("The catch-up failed: " + e.getMessage(), "08006", e);
      }
    } finally {
      reading = false;
      close();
    }
  }

  /** Where the next piece ends, or none. The more has to be read again, the longer it is. */
  private Lsn nextEnd() throws SQLException {
    String sql =
        "select confirmed_flush_lsn::text,"
            + " pg_catalog.pg_wal_lsn_diff(confirmed_flush_lsn, restart_lsn)::bigint"
            + " from pg_catalog.pg_replication_slots where slot_name = ?";
    try (PreparedStatement statement = database.connection().prepareStatement(sql)) {
      statement.setString(1, copy);
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        Lsn done = Lsn.parse(rows.getString(1));
        long again = rows.getLong(2);
        if (!end.isAfter(done)) {
          return Lsn.NONE;
        }
        if (again > MOST_PIECES_AGAIN * pieceBytes) {
          throw new SQLException("a long transaction makes PostgreSQL read the same WAL each time");
        }
        long bytes = Math.max(pieceBytes, Math.min(again, MOST_PIECES * pieceBytes));
        Lsn next = new Lsn(done.value() + bytes);
        return end.isAfter(next) ? next : end;
      }
    }
  }

  private void readPiece(
      Lsn upTo, WalListener listener, ReplicationStream walsender, BooleanSupplier stopping)
      throws SQLException, IOException {
    silence.waiting(true);
    CopyOut rows = database.driver().getCopyAPI().copyOut(sql(upTo)); // comes with the first rows
    silence.waiting(false);
    boolean first = true;
    long lookedAfter = System.nanoTime();
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
        take(row, first ? header(row) : 0, listener);
        first = false;
      }
    }
  }

  /** A row, if the driver had to be asked for it; null tells to try again. */
  private byte @Nullable [] await(CopyOut rows) throws SQLException, IOException {
    silence.waiting(true);
    boolean came = input.await(WAIT_MILLIS);
    silence.waiting(false);
    return came && database.encrypted() ? rows.readFromCopy(true) : null;
  }

  private String sql(Lsn upTo) {
    String words =
        options.entrySet().stream()
            .flatMap(option -> Stream.of(option.getKey(), option.getValue()))
            .map(word -> ", " + ReplicationConnection.literal(word))
            .collect(Collectors.joining());
    return "copy (select lsn, data from pg_catalog.pg_logical_slot_get_binary_changes(%s, %s, null%s))"
            .formatted(
                ReplicationConnection.literal(copy),
                ReplicationConnection.literal(upTo.toString()),
                words)
        + " to stdout (format binary)";
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
    database.close();
  }
}
