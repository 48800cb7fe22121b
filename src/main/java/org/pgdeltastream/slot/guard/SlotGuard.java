package org.pgdeltastream.slot.guard;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;
import static java.util.Objects.requireNonNull;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.replication.connection.ReplicationConnector;
import org.pgdeltastream.slot.board.Board;
import org.pgdeltastream.slot.board.BoardLook;
import org.pgdeltastream.slot.board.StatusReport;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.slot.stream.Slot;
import org.pgdeltastream.slot.stream.SlotDrops;
import org.pgdeltastream.slot.stream.SlotReport;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.Slots;
import org.pgdeltastream.slot.stream.ToldAdvance;

/**
 * Looks at all slots every few seconds, and does what the {@link GuardPolicy} says: one action at a
 * time, on a reader's thread, since it may wait for PostgreSQL.
 */
public final class SlotGuard {
  private static final System.Logger LOG = System.getLogger(SlotGuard.class.getName());
  private static final Duration STREAM_END = Duration.ofSeconds(5);

  private final Board board;
  private final Settings settings;
  private final SlotWatch watch;
  private final Slots slots;
  private final SlotDrops drops;
  private final GuardStatements statements;
  private final Executor readers;
  private final GuardRules rules;
  private final GuardPolicy policy;
  private final AtomicBoolean looking = new AtomicBoolean();
  private final AtomicBoolean acting = new AtomicBoolean();
  private final Map<GuardAction, AtomicLong> actions = new EnumMap<>(GuardAction.class);
  private volatile Map<SlotName, GuardPolicy.State> states = Map.of();
  private volatile String failure = "";

  /** Looks at nothing yet. The readers are threads that may block. */
  public SlotGuard(
      Board board,
      Settings settings,
      Slots slots,
      SlotDrops drops,
      ReplicationConnector connector,
      Executor readers) {
    this.board = board;
    this.settings = settings;
    this.watch = new SlotWatch(settings, slots);
    this.slots = slots;
    this.drops = drops;
    statements = new GuardStatements(connector);
    this.readers = readers;
    for (GuardAction action : GuardAction.values()) {
      actions.put(action, new AtomicLong());
    }
    rules = GuardRules.parse(settings.ofOperators().guard());
    policy = new GuardPolicy(rules, settings.ofOperators().guardDryRun());
  }

  /** Every few seconds. Waits for nothing: a look may wait for PostgreSQL, on another thread. */
  public void check() {
    if (acting.get() || !looking.compareAndSet(false, true)) {
      return;
    }
    try {
      readers.execute(this::look);
    } catch (RejectedExecutionException e) {
      looking.set(false); // the next time
    }
  }

  private void look() {
    try {
      board.refresh();
      board.last().filter(one -> !one.stale()).ifPresentOrElse(this::judge, policy::missed);
    } catch (Throwable e) { // nobody else would tell
      LOG.log(ERROR, "The guard of the slots failed", e);
    } finally {
      looking.set(false);
    }
  }

  private void judge(BoardLook look) {
    GuardPolicy.Outcome outcome = policy.look(System.nanoTime(), look.asOf(), watch.of(look));
    states = outcome.states();
    outcome.warnings().forEach(this::warn);
    outcome.action().ifPresent(this::begin);
  }

  private void warn(Decision decision) {
    LOG.log(WARNING, GuardWords.warning(decision));
    counter(GuardAction.WARN).incrementAndGet();
  }

  private void begin(Decision decision) {
    if (!acting.compareAndSet(false, true)) {
      return;
    }
    try {
      readers.execute(() -> run(decision));
    } catch (RejectedExecutionException e) {
      acting.set(false);
      failed(decision, "no thread is free");
    }
  }

  private void run(Decision decision) {
    try {
      Optional<GuardStatements.Done> done = act(decision);
      if (done.isPresent()) {
        policy.acted(decision, done.get().keptBytes(), System.nanoTime(), Instant.now());
        counter(decision.rule().action()).incrementAndGet();
        LOG.log(WARNING, GuardWords.done(decision, done.get()));
      } else {
        policy.refused(decision);
        LOG.log(INFO, GuardWords.refused(decision.slot().name(), decision.rule()));
      }
      failure = "";
    } catch (SQLException | RuntimeException e) {
      failed(decision, String.valueOf(e.getMessage()));
    } finally {
      board.changed();
      acting.set(false);
    }
  }

  /** Tried again after three more looks, and logged once. */
  private void failed(Decision decision, String why) {
    policy.refused(decision);
    String failed =
        "Slot " + decision.slot().name() + ", rule " + decision.rule() + ": not done, " + why;
    if (!failed.equals(failure)) {
      LOG.log(WARNING, failed);
    }
    failure = failed;
  }

  private Optional<GuardStatements.Done> act(Decision decision) throws SQLException {
    return switch (decision.rule().action()) {
      case WARN -> Optional.empty();
      case CLOSE -> close(decision);
      case ADVANCE -> advance(decision);
      case DROP -> drop(decision);
    };
  }

  /** Closes the client; empty if there is none. */
  private Optional<GuardStatements.Done> close(Decision decision) {
    Optional<SlotStream> stream = slots.find(decision.slot().name()).flatMap(Slot::stream);
    stream.ifPresent(
        one -> {
          one.end(CloseReason.SLOW_SUBSCRIBER, GuardWords.closed(decision));
          one.awaitEnd(STREAM_END);
        });
    return stream.map(
        one -> new GuardStatements.Done(decision.slot().retainedBytes(), 0, Lsn.NONE));
  }

  private Optional<GuardStatements.Done> advance(Decision decision) throws SQLException {
    return ToldAdvance.run(
        slots.remembered(decision.slot().name()).known(),
        "the guard",
        () -> statements.advance(decision),
        moved -> moved.map(GuardStatements.Done::confirmed));
  }

  /** A client may come back: if the slot is gone then, it is told 4500, and why. */
  private Optional<GuardStatements.Done> drop(Decision decision) throws SQLException {
    close(decision);
    Optional<GuardStatements.Done> dropped = statements.drop(decision);
    dropped.ifPresent(
        done -> drops.wasDropped(decision.slot().name(), GuardWords.dropped(decision)));
    return dropped;
  }

  /** How often it did this since the start; of warnings, how many were logged. For any thread. */
  public long actions(GuardAction action) {
    return counter(action).get();
  }

  private AtomicLong counter(GuardAction action) {
    return requireNonNull(actions.get(action));
  }

  /** The slot as the guard saw it last; empty before the first look, and if no rule names it. */
  public Optional<SlotReport.Guard> of(SlotName name) {
    return Optional.ofNullable(states.get(name))
        .filter(state -> !rules.of(name.value()).isEmpty())
        .map(SlotGuard::report);
  }

  private static SlotReport.Guard report(GuardPolicy.State state) {
    Optional<Decision> strongest = state.strongest();
    return new SlotReport.Guard(
        strongest.map(one -> one.rule().toString()),
        strongest.map(SlotGuard::word).orElse("ok"),
        strongest.map(one -> state.since()),
        strongest.map(GuardWords::ofSlot),
        state.fullIn(),
        state
            .lastAction()
            .map(
                last ->
                    new SlotReport.GuardAction(
                        last.rule().action().word(),
                        last.rule().toString(),
                        last.at(),
                        last.keptBytes())));
  }

  private static String word(Decision decision) {
    if (decision.hindrance().isPresent()) {
      return "held";
    }
    return decision.isAction() ? "acting" : "warned";
  }

  /** The rules, and when the first slot reaches PostgreSQL's limit. */
  public StatusReport.Guard report() {
    return new StatusReport.Guard(
        rules.toString(),
        settings.ofOperators().guardDryRun(),
        states.values().stream()
            .flatMap(state -> state.fullIn().stream())
            .min(Duration::compareTo));
  }
}
