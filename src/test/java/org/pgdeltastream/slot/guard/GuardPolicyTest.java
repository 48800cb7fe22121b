package org.pgdeltastream.slot.guard;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.slot.guard.WatchedSlot.Reader;
import org.pgdeltastream.support.Seeds;

class GuardPolicyTest {
  private static final Instant BEGIN = Instant.parse("2026-11-25T12:00:00Z");
  private static final SlotName A = new SlotName("delta_a");
  private static final SlotName B = new SlotName("delta_b");
  private static final OptionalLong LIMIT = OptionalLong.of(1_000L << 20);

  private GuardPolicy policy = policy("*: warn@100MB, close@200MB, drop@300MB");
  private long seconds = 1_000;

  private static GuardPolicy policy(String rules) {
    return new GuardPolicy(GuardRules.parse(rules), false);
  }

  private static WatchedSlot slot(SlotName name, long megabytes, Reader reader) {
    return new WatchedSlot(
        name, megabytes << 20, LIMIT, Optional.of(new Lsn(1)), Optional.empty(), reader, false);
  }

  private static WatchedSlot idle(SlotName name, Duration idle) {
    return new WatchedSlot(
        name, 0, LIMIT, Optional.of(new Lsn(1)), Optional.of(idle), Reader.NOBODY, false);
  }

  /** The next look, five seconds after the last. */
  private GuardPolicy.Outcome look(WatchedSlot... slots) {
    return lookAfter(5, slots);
  }

  private GuardPolicy.Outcome lookAfter(long pause, WatchedSlot... slots) {
    seconds += pause;
    return policy.look(nanos(), BEGIN.plusSeconds(seconds), List.of(slots));
  }

  private long nanos() {
    return Duration.ofSeconds(seconds).toNanos();
  }

  private GuardPolicy.Outcome third(WatchedSlot... slots) {
    look(slots);
    look(slots);
    return look(slots);
  }

  private void acted(Decision decision) {
    policy.acted(decision, 1, nanos(), BEGIN);
  }

  private static List<String> rules(List<Decision> decisions) {
    return decisions.stream().map(one -> one.rule().toString()).toList();
  }

  @Test
  void actsAtTheThirdLookThatAgrees() {
    WatchedSlot slot = slot(A, 300, Reader.NOBODY);
    assertThat(look(slot).action()).isEmpty();
    assertThat(look(slot).action()).isEmpty();
    assertThat(look(slot).action()).map(Decision::rule).map(GuardRule::text).contains("drop@300MB");
  }

  @Test
  void countsLooksThatAreSecondsApartOnly() {
    WatchedSlot slot = slot(A, 300, Reader.NOBODY);
    for (int i = 0; i < 8; i++) {
      assertThat(lookAfter(1, slot).action()).isEmpty();
    }
    assertThat(lookAfter(1, slot).action()).isPresent();
  }

  @Test
  void beginsAgainAfterALookThatDisagreesOrFailedOrIsMissing() {
    WatchedSlot full = slot(A, 300, Reader.NOBODY);
    look(full);
    look(full);
    look(slot(A, 299, Reader.NOBODY));
    assertThat(look(full).action()).isEmpty();
    look(full);
    policy.missed();
    assertThat(look(full).action()).isEmpty();
    look(full);
    assertThat(lookAfter(21, full).action()).isEmpty();
    look(full);
    assertThat(look(full).action()).isPresent();
  }

  @Test
  void beginsAgainAfterAnActionAndARefusal() {
    WatchedSlot full = slot(A, 300, Reader.NOBODY);
    Decision drop = third(full).action().orElseThrow();
    policy.refused(drop);
    assertThat(look(full).action()).isEmpty();
    assertThat(look(full).action()).isEmpty();
    assertThat(look(full).action()).isPresent();
  }

  @Test
  void actsOnTheSlotThatKeepsMostFirst() {
    WatchedSlot less = slot(A, 300, Reader.NOBODY);
    WatchedSlot more = slot(B, 301, Reader.NOBODY);
    Decision first = third(less, more).action().orElseThrow();
    assertThat(first.slot().name()).isEqualTo(B);
    acted(first);
    assertThat(look(less).action()).map(one -> one.slot().name()).contains(A);
  }

  @ParameterizedTest
  @CsvSource({
    "NOBODY, 199, ''",
    "NOBODY, 299, ''",
    "CLIENT, 199, ''",
    "CLIENT, 200, close@200MB",
    "CLIENT, 300, drop@300MB",
    "NOBODY, 300, drop@300MB",
    "FEED, 900, ''",
    "OTHERS, 900, ''",
  })
  void doesTheStrongestThatIsAllowed(Reader reader, long megabytes, String done) {
    Optional<Decision> action = third(slot(A, megabytes, reader)).action();
    assertThat(action.map(one -> one.rule().text()).orElse("")).isEqualTo(done);
  }

  @Test
  void advancesOnlyWhatNobodyStreamsAndHasItsWal() {
    policy = policy("*: advance@10MB");
    WatchedSlot lost =
        new WatchedSlot(
            B, 10 << 20, LIMIT, Optional.empty(), Optional.empty(), Reader.NOBODY, false);
    GuardPolicy.Outcome outcome = third(slot(A, 10, Reader.CLIENT), lost);
    assertThat(outcome.action()).isEmpty();
    assertThat(outcome.warnings())
        .extracting(one -> one.hindrance().orElseThrow())
        .containsExactlyInAnyOrder(Hindrance.STREAMED, Hindrance.LOST);
    assertThat(third(slot(A, 10, Reader.NOBODY)).action()).isPresent();
  }

  @Test
  void leavesASlotWhoseSnapshotIsOpenUnlessItIsFullInTenMinutes() {
    policy = policy("*: drop@1MB");
    for (int look = 0; look < 20; look++) {
      assertThat(look(snapshot(10)).action()).as("steady").isEmpty();
    }
    Optional<Decision> action = Optional.empty();
    for (int look = 0; look < 20 && action.isEmpty(); look++) {
      action = look(snapshot(10 + 20L * look)).action();
    }
    assertThat(action).isPresent();
    assertThat(action.get().isUrgent()).isTrue();
  }

  private static WatchedSlot snapshot(long megabytes) {
    return new WatchedSlot(
        A, megabytes << 20, LIMIT, Optional.of(new Lsn(1)), Optional.empty(), Reader.NOBODY, true);
  }

  @Test
  void actsAtMostThreeTimesAnHour() {
    policy = policy("*: drop@idle:1m");
    for (int slot = 0; slot < 3; slot++) {
      SlotName name = new SlotName("delta_" + slot);
      acted(third(idle(name, Duration.ofMinutes(1))).action().orElseThrow());
    }
    GuardPolicy.Outcome fourth = third(idle(A, Duration.ofMinutes(1)));
    assertThat(fourth.action()).isEmpty();
    assertThat(fourth.warnings())
        .extracting(one -> one.hindrance().orElseThrow())
        .containsExactly(Hindrance.TOO_MANY);
    seconds += 3_600;
    assertThat(third(idle(A, Duration.ofMinutes(1))).action()).isPresent();
  }

  @Test
  void leavesTheThirdActionToMoreThanClosing() {
    policy = policy("*: close@1MB, drop@300MB");
    acted(third(slot(A, 1, Reader.CLIENT)).action().orElseThrow());
    acted(third(slot(B, 1, Reader.CLIENT)).action().orElseThrow());
    SlotName c = new SlotName("delta_c");
    assertThat(third(slot(c, 1, Reader.CLIENT)).action()).isEmpty();
    assertThat(third(slot(c, 300, Reader.CLIENT)).action())
        .map(one -> one.rule().action())
        .contains(GuardAction.DROP);
  }

  @Test
  void closesAClientOnceInTwentyMinutes() {
    WatchedSlot slot = slot(A, 200, Reader.CLIENT);
    acted(third(slot).action().orElseThrow());
    assertThat(third(slot).action()).isEmpty();
    for (int look = 0; look < 4 * 60; look++) { // 20 minutes
      look(slot);
    }
    assertThat(look(slot).action()).isPresent();
  }

  @Test
  void doesNothingInADryRunAndSaysWhatItWouldDo() {
    policy = new GuardPolicy(GuardRules.parse("*: drop@1MB"), true);
    GuardPolicy.Outcome outcome = third(slot(A, 1, Reader.NOBODY));
    assertThat(outcome.action()).isEmpty();
    assertThat(outcome.warnings())
        .extracting(GuardWords::warning)
        .containsExactly(
            "Slot delta_a keeps 1.0 MB of WAL, 0 % of the limit of 1000 MB: rule drop@1MB would"
                + " drop it, but pgdelta.guard-dry-run is set");
  }

  @Test
  void warnsOnceAndAgainAfterADayOrWhenItCameBack() {
    policy = policy("*: warn@100MB");
    WatchedSlot slot = slot(A, 100, Reader.NOBODY);
    assertThat(rules(third(slot).warnings())).containsExactly("warn@100MB");
    assertThat(third(slot).warnings()).isEmpty();

    look(slot(A, 99, Reader.NOBODY)); // for one look only
    assertThat(third(slot).warnings()).isEmpty();

    third(slot(A, 99, Reader.NOBODY));
    assertThat(rules(third(slot).warnings())).containsExactly("warn@100MB");

    seconds += Duration.ofHours(24).toSeconds();
    assertThat(rules(third(slot).warnings())).containsExactly("warn@100MB");
  }

  @Test
  void showsTheStrongestRuleThatHoldsAndSinceWhen() {
    WatchedSlot slot = slot(A, 300, Reader.FEED);
    Instant first = BEGIN.plusSeconds(seconds + 5);
    GuardPolicy.State state = requireNonNull(third(slot).states().get(A));
    assertThat(state.since()).isEqualTo(first);
    assertThat(state.strongest()).map(one -> one.rule().text()).contains("drop@300MB");
    assertThat(state.strongest().flatMap(Decision::hindrance)).contains(Hindrance.FEED);
    state = requireNonNull(look(slot(A, 1, Reader.FEED)).states().get(A));
    assertThat(state.strongest()).isEmpty();
  }

  /** Whatever is seen: an action was asked for by three looks in a row, and by its own rule. */
  @Test
  void neverActsOnLessThanItWasTold() {
    Random random = new Random(Seeds.first());
    int actions = 0;
    for (int run = 0; run < 300; run++) {
      actions += randomRun(random);
    }
    assertThat(actions).isGreaterThan(300);
  }

  /** A look of one slot, and when it was. */
  private record Seen(long second, WatchedSlot slot) {}

  private static final List<String> SOME_RULES =
      List.of(
          "*: close@20%, drop@40%",
          "*: advance@300MB, drop@700MB", "*: drop@idle:30s", "delta_b: warn@1MB; *: drop@500MB");

  private int randomRun(Random random) {
    policy = policy(SOME_RULES.get(random.nextInt(SOME_RULES.size())));
    List<Seen> seen = new ArrayList<>();
    List<Long> acted = new ArrayList<>();
    long kept = random.nextInt(1_000);
    long idleSince = seconds;
    for (int look = 0; look < 200; look++) {
      long pause = random.nextInt(30) == 0 ? 15 + random.nextInt(1_200) : 1 + random.nextInt(8);
      kept = Math.max(0, kept + random.nextInt(120) - 50);
      idleSince = random.nextInt(8) == 0 ? seconds + pause : idleSince;
      WatchedSlot slot = random(random, kept, seconds + pause - idleSince);
      GuardPolicy.Outcome outcome = lookAfter(pause, slot);
      seen.add(new Seen(seconds, slot));
      if (outcome.action().isPresent()) {
        Decision decision = outcome.action().get();
        assertToldThrice(decision, seen);
        acted(decision);
        acted.add(seconds);
        seen.clear();
      }
      if (random.nextInt(30) == 0) {
        policy.missed();
        seen.clear();
      }
    }
    for (int i = 3; i < acted.size(); i++) {
      assertThat(acted.get(i) - acted.get(i - 3)).isGreaterThanOrEqualTo(3_600);
    }
    return acted.size();
  }

  private static WatchedSlot random(Random random, long megabytes, long idle) {
    Reader[] readers = {
      Reader.NOBODY, Reader.NOBODY, Reader.NOBODY, Reader.CLIENT, Reader.FEED, Reader.OTHERS
    };
    Reader reader = readers[random.nextInt(readers.length)];
    return new WatchedSlot(
        random.nextInt(200) == 0 ? B : A,
        megabytes << 20,
        LIMIT,
        Optional.of(new Lsn(1)),
        reader == Reader.NOBODY ? Optional.of(Duration.ofSeconds(idle)) : Optional.empty(),
        reader,
        false);
  }

  /** By arithmetic of its own. */
  private static void assertToldThrice(Decision decision, List<Seen> seen) {
    GuardRule rule = decision.rule();
    WatchedSlot now = seen.get(seen.size() - 1).slot();
    assertThat(now.reader()).isIn(Reader.NOBODY, Reader.CLIENT);
    assertThat(now.reader() == Reader.CLIENT).isIn(allowed(rule.action()));
    long last = seen.get(seen.size() - 1).second();
    long first = last;
    int looks = 0;
    for (int i = seen.size() - 1; i >= 0; i--) {
      Seen one = seen.get(i);
      if (first - one.second() > 20 || !one.slot().name().equals(now.name()) || !told(rule, one)) {
        break;
      }
      first = one.second();
      looks++;
    }
    assertThat(looks).isGreaterThanOrEqualTo(3);
    assertThat(last - first).isGreaterThanOrEqualTo(8);
  }

  private static List<Boolean> allowed(GuardAction action) {
    return switch (action) {
      case WARN -> List.of();
      case CLOSE -> List.of(true);
      case ADVANCE -> List.of(false);
      case DROP -> List.of(true, false);
    };
  }

  private static boolean told(GuardRule rule, Seen seen) {
    long megabytes = seen.slot().retainedBytes() >> 20;
    return switch (rule.text()) {
      case "close@20%" -> megabytes >= 200;
      case "drop@40%" -> megabytes >= 400;
      case "advance@300MB" -> megabytes >= 300;
      case "drop@700MB" -> megabytes >= 700;
      case "drop@500MB" -> megabytes >= 500;
      case "drop@idle:30s" -> seen.slot().idle().orElse(Duration.ZERO).toSeconds() >= 30;
      default -> false;
    };
  }
}
