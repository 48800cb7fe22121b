package org.pgdeltastream.slot.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.doctor.Examination;
import org.pgdeltastream.replication.connection.ConnectionSettings;
import org.pgdeltastream.replication.connection.ReplicationConnector;
import org.pgdeltastream.rights.Rights;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.support.TestDatabase;

/** How often PostgreSQL is examined, and what the log says of it. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ExaminerPostgresIT {
  private static TestDatabase database;

  @BeforeAll
  static void start() throws Exception {
    database = TestDatabase.embedded();
    database.execute("create role \"new\nline\" login");
  }

  @AfterAll
  static void stop() throws Exception {
    database.close();
  }

  @Test
  void examinesOnceAMinute() {
    SettableClock clock = new SettableClock();
    Examiner examiner = examiner("postgres", clock);

    Examination first = examiner.examine();
    clock.now = clock.now.plusSeconds(59);
    assertThat(examiner.examine()).isSameAs(first);
    clock.now = clock.now.plusSeconds(1);

    Examination second = examiner.examine();
    assertThat(second).isNotSameAs(first);
    assertThat(second.examined()).isEqualTo(clock.now);
  }

  @Test
  void examinesOnceForAllThatAskAtOnce() throws Exception {
    Examiner examiner = examiner("postgres", Clock.systemUTC());
    ExecutorService askers = Executors.newFixedThreadPool(8);
    try {
      List<Future<Examination>> asked = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        asked.add(askers.submit(examiner::examine));
      }
      Set<Integer> answers =
          asked.stream().map(ExaminerPostgresIT::identity).collect(Collectors.toSet());
      assertThat(answers).hasSize(1);
    } finally {
      askers.shutdownNow();
    }
  }

  private static int identity(Future<Examination> answer) {
    try {
      return System.identityHashCode(answer.get(20, TimeUnit.SECONDS));
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void tellsTheLogHowMuchIsWrongAndEachErrorOnALine() {
    List<String> lines = logged(examiner("new\nline", Clock.systemUTC()));

    assertThat(lines.get(0))
        .matches(
            "INFO The doctor finds: [1-9][0-9]* errors?, [0-9]+ warnings?, [0-9]+ notes?;"
                + " [0-9]+ checks found nothing, [0-9]+ were skipped\\. GET /v1/doctor shows them");
    assertThat(lines)
        .contains(
            "WARNING role new\\u000aline: The role may not replicate: it can neither make slots nor"
                + " stream. Give it the right")
        .noneMatch(line -> line.contains("\n"));
    assertThat(lines.subList(1, lines.size())).allMatch(line -> line.startsWith("WARNING "));
  }

  @Test
  void tellsTheLogThatItCannotAsk() {
    Examiner examiner = examiner("nobody", Clock.systemUTC());

    assertThatThrownBy(examiner::examine)
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.problem()).isEqualTo(Problem.UPSTREAM_CONFIG));
    assertThat(logged(examiner))
        .singleElement()
        .asString()
        .startsWith("WARNING The doctor cannot ask: PostgreSQL refuses our role or password");
  }

  private static List<String> logged(Examiner examiner) {
    List<String> lines = new ArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord line) {
            lines.add(line.getLevel() + " " + line.getMessage());
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger(Examiner.class.getName());
    logger.addHandler(handler);
    try {
      examiner.log();
    } finally {
      logger.removeHandler(handler);
    }
    return lines;
  }

  private static ReplicationConnector connector(String role) {
    return new ReplicationConnector(
        new ConnectionSettings(database.jdbcUrl(), role, "", "pgdeltastream/doctor"),
        Optional.empty(),
        new HeapBudget(1 << 20));
  }

  private static Examiner examiner(String role, Clock clock) {
    return new Examiner(
        connector(role),
        Settings.read(name -> null),
        Map::of,
        () -> Rights.NONE,
        Optional::empty,
        clock);
  }

  private static final class SettableClock extends Clock {
    private volatile Instant now = Instant.parse("2026-01-01T00:00:00Z");

    @Override
    public ZoneOffset getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return now;
    }
  }
}
