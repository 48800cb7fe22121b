package org.pgdeltastream.slot.shared;

import static java.lang.System.Logger.Level.INFO;
import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.change.HeapShare;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.journal.shared.LogEnd;
import org.pgdeltastream.journal.shared.LogException;
import org.pgdeltastream.journal.shared.LogWriter;
import org.pgdeltastream.journal.shared.RecordCutter;
import org.pgdeltastream.journal.shared.RecordHeader;
import org.pgdeltastream.journal.shared.RecordKind;
import org.pgdeltastream.replication.wal.ServerIdentity;
import org.pgdeltastream.replication.wal.SlotPosition;
import org.pgdeltastream.replication.wal.SlotRow;
import org.pgdeltastream.slot.upstream.Downstream;
import org.pgdeltastream.slot.upstream.Ending;
import org.pgdeltastream.slot.upstream.Refusal;
import org.pgdeltastream.slot.upstream.SlotCheck;
import org.pgdeltastream.slot.upstream.SlotPipeline;
import org.pgdeltastream.slot.upstream.StreamLife;

/**
 * The leader's half of an upstream: writes what PostgreSQL streams to the log, and lets it forget
 * what is in the log for good.
 */
final class Leader implements Downstream {
  private static final System.Logger LOG = System.getLogger(Leader.class.getName());
  private static final long COMMIT_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long QUIET_NANOS = Duration.ofMillis(50).toNanos();
  private static final long IDLE_NANOS = Duration.ofSeconds(10).toNanos();
  private static final long MOST_OPEN = 8L << 20;

  private final SharedFeed feed;
  private final StreamLife life;
  private final boolean takesOver;
  private final LeadDecoder decoder = new LeadDecoder(this);
  private @Nullable LogWriter writer;
  private @Nullable RecordCutter cutter;
  private @Nullable HeapShare heap;
  private @Nullable ServerIdentity server;
  private SlotPosition position = SlotPosition.UNKNOWN;
  private volatile Lsn durable = Lsn.NONE;
  private Lsn appended = Lsn.NONE; // up to here it is on its way
  private long open; // bytes that are not committed
  private long appendedAt;
  private long committedAt;
  private long idleSince = System.nanoTime();

  /**
   * Of a feed.
   *
   * @param life is ended where the log fails
   * @param takesOver whether the slot's present reader is to go
   */
  Leader(SharedFeed feed, StreamLife life, boolean takesOver) {
    this.feed = feed;
    this.life = life;
    this.takesOver = takesOver;
  }

  @Override
  public List<String> publications() {
    return feed.asked().publications();
  }

  @Override
  public boolean isOnlyReader() {
    return true;
  }

  @Override
  public boolean takesOver() {
    return takesOver;
  }

  @Override
  public void found(SlotRow slot) {} // what counts is where it is once it is streamed

  @Override
  public SlotPipeline path(SlotPipeline.Source source, Catalog catalog) throws Refusal {
    SlotCheck.checkForFeed(source.plugin());
    HeapShare share = feed.heap().share();
    heap = share;
    return SlotPipeline.of(source, decoder, decoder::position, share);
  }

  @Override
  public boolean asksForServer() {
    return true;
  }

  @Override
  public void found(ServerIdentity streaming) {
    server = streaming;
  }

  @Override
  public void found(SlotPosition streaming) {
    position = streaming;
  }

  /** The slot is ours: now everybody else is kept from the log, and where it ends is looked at. */
  @Override
  public void begin() throws Refusal {
    try {
      close();
      writer = feed.log().lead();
      start(feed.log().end());
    } catch (LogException e) {
      if (e.kind() == LogException.Kind.MISSING) {
        throw feed.condition().lost(feed.log().name(), Lsn.NONE, position.confirmed());
      }
      throw new Refusal(reason(e), String.valueOf(e.getMessage()));
    }
  }

  static CloseReason reason(LogException e) {
    return switch (e.kind()) {
      case AWAY, REMOVED -> CloseReason.UPSTREAM_LOST;
      case FENCED -> CloseReason.SUPERSEDED;
      case MISSING -> CloseReason.SLOT_NOT_FOUND;
      case WRONG -> CloseReason.CANNOT_DECODE;
    };
  }

  private void start(LogEnd end) throws LogException, Refusal {
    Lsn confirmed = position.confirmed();
    ServerIdentity identity = requireNonNull(server, "PostgreSQL said who it is");
    LogStart begins = new LogStart(feed.condition(), feed.log().name(), end, identity);
    RecordHeader term = begins.term(confirmed, position.written());
    if (durable.isAfter(term.end())
        || position.replayed().filter(end.written()::isAfter).isPresent()) {
      throw new Refusal(
          CloseReason.UPSTREAM_LOST, "PostgreSQL or the log has less than was read: once more");
    }
    append(term, begins.text(term, feed.node(), confirmed));
    commit();
    durable = term.end();
    HeapShare share = requireNonNull(heap, "path comes first");
    cutter = new RecordCutter(term, term.end(), share, this::append);
    feed.condition().leads(term.term());
    LOG.log(INFO, "This server leads " + feed.log().name() + " from " + term.end());
  }

  private void append(RecordHeader header, byte[] body) throws LogException {
    requireNonNull(writer, "it leads").append(header, body);
    if (!header.kind().hasMessages()
        || header.kind() == RecordKind.WHOLE
        || header.kind() == RecordKind.LAST) {
      appended = header.end();
    }
    open += RecordHeader.LENGTH + body.length;
    appendedAt = System.nanoTime();
  }

  private void commit() throws LogException {
    requireNonNull(writer, "it leads").commit();
    open = 0;
    durable = durable.max(appended);
    committedAt = System.nanoTime();
  }

  void take(byte[] message, int start, int end, long at) throws IOException {
    try {
      requireNonNull(cutter, "begun").add(message, start, end, at);
    } catch (LogException e) {
      throw failed(e);
    }
  }

  boolean betweenTransactions() {
    return cutter == null || cutter.betweenTransactions();
  }

  boolean isFull() {
    return cutter != null && cutter.described() > feed.heap().size() / 4;
  }

  /** The slot is given up: another server may have the log. */
  private IOException failed(LogException e) {
    life.end(Ending.of(reason(e), String.valueOf(e.getMessage())));
    return e;
  }

  @Override
  public Lsn flushPosition() {
    return durable;
  }

  /** Another connection begins there: what is on its way to the log may not come there. */
  @Override
  public Lsn newest() {
    return durable;
  }

  @Override
  public boolean hasHalf() {
    return false;
  }

  @Override
  public boolean wantsMore(SlotPipeline path) {
    return true;
  }

  @Override
  public void onPause(SlotPipeline path, Lsn walEnd, Lsn reported) throws IOException {
    RecordCutter records = requireNonNull(cutter, "begun");
    long now = System.nanoTime();
    try {
      records.flush();
      if (!records.isBehind(walEnd)) {
        idleSince = now;
      } else if (now - idleSince > IDLE_NANOS) {
        idleSince = now;
        records.movedTo(walEnd);
      }
      boolean isQuiet = now - appendedAt > QUIET_NANOS;
      if (open > 0 && (isQuiet || open > MOST_OPEN || now - committedAt > COMMIT_NANOS)) {
        commit();
      }
    } catch (LogException e) {
      throw failed(e);
    }
  }

  /** Whether PostgreSQL was a standby when it was reached. */
  boolean isOnStandby() {
    return position.replayed().isPresent();
  }

  /** Nothing more is written; what is not committed, another leader writes. */
  void close() {
    if (writer != null) {
      writer.close();
      writer = null;
    }
  }
}
