package org.pgdeltastream.slot.upstream;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;
import org.pgdeltastream.change.Begin;
import org.pgdeltastream.change.ChangeListener;
import org.pgdeltastream.change.Commit;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.LogicalMessage;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MessageOutput;
import org.pgdeltastream.change.OldTupleKind;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.Relation;
import org.pgdeltastream.change.TruncateOptions;
import org.pgdeltastream.change.Tuple;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.decoder.PgOutputDecoder;
import org.pgdeltastream.decoder.WalDecoder;
import org.pgdeltastream.delivery.AckTracker;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.delivery.ResumeFilter;
import org.pgdeltastream.delivery.StreamCounts;
import org.pgdeltastream.delivery.Subscriber;
import org.pgdeltastream.delivery.Subscription;
import org.pgdeltastream.framing.FrameWriter;
import org.pgdeltastream.slot.Recording;

/** A transaction of 1,000 inserts on its way through the rooms, each with one more behind it. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(SlotPipelineBenchmark.INSERTS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class SlotPipelineBenchmark {
  static final int INSERTS = 1000;

  @Param({"false", "true"})
  boolean wide;

  private final StreamCounts counts = new StreamCounts();
  private List<byte[]> transaction = List.of();
  private WalDecoder decoder = new PgOutputDecoder(new Nobody());
  private SlotPipeline encoding = pipeline(Recording.of(false), new Nowhere());
  private SlotPipeline delivering = encoding;
  private FrameWriter frames = new FrameWriter(FrameWriter.MOST_CONTROL_BYTES, (bytes, n) -> {});

  @Setup
  public void setUp(Blackhole sink) throws IOException {
    Recording recording = Recording.of(wide);
    transaction = recording.transaction(INSERTS);
    decoder = new PgOutputDecoder(new Nobody());
    encoding = pipeline(recording, new Nowhere());
    frames = new FrameWriter(32 * 1024, (bytes, length) -> sink.consume(bytes));
    AckTracker acks = new AckTracker(Lsn.NONE);
    Subscription subscription =
        new Subscription(new Framed(), acks, counts, Duration.ofSeconds(30), System::nanoTime);
    delivering = pipeline(recording, new ResumeFilter(subscription, acks, Lsn.NONE));
  }

  private SlotPipeline pipeline(Recording recording, MessageOutput output) {
    return SlotPipeline.of(
        new SlotPipeline.Source(OutputPlugin.PGOUTPUT, List.of("p"), 15),
        ChangeOptions.parse(name -> Optional.empty()),
        recording,
        output,
        counts,
        HeapBudget.unlimited());
  }

  @Benchmark
  public void decode() throws IOException {
    for (byte[] message : transaction) {
      decoder.decode(message, Recording.HEADER, message.length);
    }
  }

  @Benchmark
  public void decodeAndEncode() throws IOException {
    for (byte[] message : transaction) {
      encoding.decode(message, Recording.HEADER, message.length, 0);
    }
  }

  /** Up to the last copy before the client's socket. */
  @Benchmark
  public void decodeEncodeAndFrame() throws IOException {
    for (byte[] message : transaction) {
      delivering.decode(message, Recording.HEADER, message.length, 0);
    }
    frames.drain();
  }

  private static final class Nobody implements ChangeListener {
    @Override
    public void begin(Begin begin) {}

    @Override
    public void insert(Relation relation, Tuple newTuple) {}

    @Override
    public void update(Relation relation, OldTupleKind oldKind, Tuple oldTuple, Tuple newTuple) {}

    @Override
    public void delete(Relation relation, OldTupleKind oldKind, Tuple oldTuple) {}

    @Override
    public void truncate(List<Relation> relations, TruncateOptions options) {}

    @Override
    public void message(LogicalMessage message) {}

    @Override
    public void commit(Commit commit) {}
  }

  private static final class Nowhere implements MessageOutput {
    @Override
    public void begin(Lsn earliestEnd) {}

    @Override
    public void part(byte[] bytes, int start, int length) {}

    @Override
    public void last(byte[] bytes, int start, int length, Lsn endLsn) {}
  }

  /** A client behind our own frames, without its socket. */
  private final class Framed implements Subscriber {
    @Override
    public void sendPart(byte[] bytes, int start, int length) throws IOException {
      frames.text(bytes, start, length, false);
    }

    @Override
    public void sendLast(byte[] bytes, int start, int length) throws IOException {
      frames.text(bytes, start, length, true);
    }

    @Override
    public void ping() {}

    @Override
    public void flush() throws IOException {
      frames.drain();
    }

    @Override
    public void sendClose(CloseReason reason, String detail) {
      close(reason, detail);
    }

    @Override
    public void awaitClosed(Duration limit) {}

    @Override
    public void close(CloseReason reason, String detail) {}
  }
}
