package org.pgdeltastream.replication.wal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.replication.connection.CopyData;
import org.pgdeltastream.replication.connection.CopyInput;
import org.pgdeltastream.replication.connection.InputConnection;
import org.pgdeltastream.replication.connection.Silence;
import org.pgdeltastream.replication.connection.SocketInput;
import org.postgresql.copy.CopyDual;

/**
 * An open stream of WAL data, in the protocol's own messages. The driver's stream class is not
 * used: it moves the flush position by itself and so loses data. The reader polls and waits; a
 * second thread may report, and only while the reader is not inside the driver.
 *
 * <p>Source: manual, "Streaming Replication Protocol".
 */
final class ReplicationStream {
  private static final long POSTGRES_EPOCH_MICROS = 946_684_800_000_000L;

  private static final long BEHIND_MICROS = 20_000;

  private final CopyDual copy;
  private final CopyInput messages;
  private final Optional<SocketInput> input;
  private final Supplier<Lsn> flushPosition;
  private final FeedbackPolicy policy = new FeedbackPolicy(System.nanoTime());
  private final ReentrantLock insideDriver = new ReentrantLock();
  private final Silence silence;
  private boolean waits; // the reader's
  private volatile long messageAt = System.nanoTime();
  private volatile Lsn reported = Lsn.NONE;

  ReplicationStream(CopyDual copy, InputConnection connection, Supplier<Lsn> flushPosition) {
    this.copy = copy;
    this.messages = new CopyInput(copy, connection);
    this.input = connection.input();
    this.flushPosition = flushPosition;
    this.silence = new Silence(this::receivedAt, System.nanoTime());
  }

  private long receivedAt() {
    return input.map(SocketInput::receivedAt).orElse(messageAt);
  }

  /**
   * The next message if one is here; null if not. Reports if that is due, once what was received is
   * read.
   */
  @Nullable CopyData poll() throws SQLException {
    CopyData here = messages.take();
    if (here != null) {
      waiting(false);
      return here;
    }
    insideDriver.lock();
    try {
      reportIfDue();
      CopyData message = messages.poll();
      if (message == null) {
        probe();
      } else {
        waiting(false);
        messageAt = System.nanoTime();
      }
      return message;
    } finally {
      insideDriver.unlock();
    }
  }

  /** How late the transaction came that begins now. For the reader. */
  void late(long microseconds) {
    input.ifPresent(socket -> socket.behind(microseconds > BEHIND_MICROS));
  }

  /** No reader waits for a message now: silence means nothing. */
  void doesNotWait() {
    waiting(false);
  }

  /** Other threads read it; written only when it changes. */
  private void waiting(boolean now) {
    if (waits != now) {
      waits = now;
      silence.waiting(now);
    }
  }

  /** How long the server has given no sign of life to a reader that waits for one. */
  long silentNanos() {
    return silence.nanos(System.nanoTime());
  }

  /** Asks a silent server for a sign of life. */
  private void probe() throws SQLException {
    long now = System.nanoTime();
    if (silence.probeIsDue(now)) {
      send(policy.report(flushPosition.get(), now), true);
    }
  }

  /**
   * Waits outside the driver until input has come, for a bounded time.
   *
   * @return a message, if only the driver could read it; null means: poll
   */
  @Nullable CopyData await(int milliseconds) throws SQLException, IOException {
    waiting(!messages.isStarved());
    insideDriver.lock(); // both set the socket's time limit
    try {
      CopyData message = messages.await(milliseconds);
      if (message != null) {
        waiting(false);
        messageAt = System.nanoTime();
      }
      return message;
    } finally {
      insideDriver.unlock();
    }
  }

  /** The server wants a reply: the next poll sends it. */
  void replyRequested() {
    insideDriver.lock();
    try {
      policy.replyRequested();
    } finally {
      insideDriver.unlock();
    }
  }

  /** Reports now, for the last time. For the reader. */
  void reportLast() throws SQLException {
    insideDriver.lock();
    try {
      policy.replyRequested();
      reportIfDue();
    } finally {
      insideDriver.unlock();
    }
  }

  Lsn reported() {
    return reported;
  }

  /** Reports if due and if the reader is not inside the driver. For the reporter; never waits. */
  void tryReport() throws SQLException {
    if (!insideDriver.tryLock()) {
      return;
    }
    try {
      reportIfDue();
    } finally {
      insideDriver.unlock();
    }
  }

  private void reportIfDue() throws SQLException {
    long now = System.nanoTime();
    Lsn position = flushPosition.get();
    if (policy.isDue(position, now)) {
      send(policy.report(position, now), false);
    }
  }

  private void send(Lsn position, boolean replyWanted) throws SQLException {
    ByteBuffer status = ByteBuffer.allocate(34);
    status.put((byte) 'r');
    status.putLong(position.value()); // written
    status.putLong(position.value()); // flushed: the one that counts
    status.putLong(position.value()); // applied
    status.putLong(System.currentTimeMillis() * 1000 - POSTGRES_EPOCH_MICROS);
    status.put((byte) (replyWanted ? 1 : 0));
    copy.writeToCopy(status.array(), 0, 34);
    copy.flushCopy();
    reported = position;
  }
}
