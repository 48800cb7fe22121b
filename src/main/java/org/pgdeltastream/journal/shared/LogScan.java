package org.pgdeltastream.journal.shared;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.function.Consumer;
import org.pgdeltastream.change.HeapShare;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.journal.MessageScan;

/** Reads a part of a log again, for those that are behind. */
public final class LogScan implements MessageScan {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final long ANSWER_NANOS = Duration.ofSeconds(15).toNanos();
  private static final Message NONE = new Message(new byte[0], 0, false);

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Message(byte[] bytes, long position, boolean beginsAnew) {}

  private final LogReader reader;
  private final Lsn until;
  private final RecordMessages messages;
  private final NewDescriptions descriptions = new NewDescriptions();
  private final Chain chain = new Chain();
  private final ArrayDeque<Message> read = new ArrayDeque<>(); // those of a record
  private Message present = NONE;
  private final Consumer<Lsn> goesBackTo;
  private boolean isStarted;
  private boolean isAnew; // what comes next is not the rest of what has come

  /**
   * Of what ends after one position, and up to another.
   *
   * @param goesBackTo told where the log goes back to, if there is a hole
   * @param heap for messages that are larger than a record
   * @throws LogException REMOVED if the log does not go back so far
   */
  public LogScan(SharedLog log, Lsn after, Lsn until, HeapShare heap, Consumer<Lsn> goesBackTo)
      throws LogException {
    this.goesBackTo = goesBackTo;
    this.until = until;
    this.messages = new RecordMessages(heap);
    this.reader = log.read();
    boolean isThere = false;
    try {
      isThere = reader.seek(after);
    } finally {
      if (!isThere) {
        close();
      }
    }
    if (!isThere) {
      throw new LogException(
          LogException.Kind.REMOVED, log.name() + " does not go back to " + after);
    }
    chain.startAt(after, 0);
  }

  @Override
  public boolean next() throws IOException {
    long deadline = System.nanoTime() + ANSWER_NANOS;
    while (read.isEmpty()) {
      if (isDone()) {
        present = NONE;
        return false;
      }
      for (LogRecord record : reader.poll(POLL)) {
        if (!isDone()) {
          take(record.header(), record.body());
        }
        deadline = System.nanoTime() + ANSWER_NANOS;
      }
      if (System.nanoTime() - deadline > 0) {
        throw new LogException(LogException.Kind.AWAY, "The log was not read in time");
      }
    }
    present = read.remove();
    return true;
  }

  private boolean isDone() {
    return !until.isAfter(chain.max()) && !chain.isOpen();
  }

  private void take(RecordHeader header, byte[] body) throws IOException {
    if (!isStarted) {
      isStarted = true;
      chain.startAt(chain.max(), header.incarnation());
    }
    switch (chain.take(header)) {
      case KNOWN -> {
        // nothing of it is new
      }
      case NEW -> read(header, body);
      case INSTEAD -> {
        isAnew = true;
        messages.forget();
        descriptions.clear();
        read(header, body);
      }
      case HOLE -> {
        goesBackTo.accept(header.prev());
        throw new LogException(
            LogException.Kind.REMOVED, "The log has nothing behind " + chain.max());
      }
    }
  }

  private void read(RecordHeader header, byte[] body) throws IOException {
    if (header.kind().hasMessages()) {
      messages.read(body, this::add);
    }
  }

  private void add(byte[] bytes, int start, int end, long position) {
    if (descriptions.isNew(bytes, start, end)) {
      read.add(new Message(Arrays.copyOfRange(bytes, start, end), position, isAnew));
      isAnew = false;
    }
  }

  @Override
  public boolean beginsAnew() {
    return present.beginsAnew();
  }

  @Override
  public byte[] bytes() {
    return present.bytes();
  }

  @Override
  public int start() {
    return 0;
  }

  @Override
  public int end() {
    return present.bytes().length;
  }

  @Override
  public long walPosition() {
    return present.position();
  }

  @Override
  public void close() {
    messages.close();
    reader.close();
  }
}
