package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.doctor.Finding;
import org.pgdeltastream.slot.guard.GuardAction;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.SmallVolume;
import org.pgdeltastream.support.TestDatabase;

/**
 * An abandoned slot on a volume of 400 MB. PostgreSQL has a limit of 310 MB, which it looks at with
 * each checkpoint only: too late for this volume.
 */
@Tag("nightly")
@Timeout(value = 600, unit = TimeUnit.SECONDS)
class FullDiskPostgresIT {
  private static final int VOLUME_MEGABYTES = 400;
  private static final Duration DEADLINE = Duration.ofMinutes(8);
  private static final Pattern ROW = Pattern.compile("\"columnvalues\":\\[(\\d+)]");
  private static final Pattern NEXT_LSN = Pattern.compile("\"nextlsn\":\"([^\"]+)\"");

  private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(2);
  private final AtomicLong written = new AtomicLong(); // rows
  private SmallVolume volume;
  private TestDatabase database;
  private @Nullable TestRegistry registry;
  private volatile String failure = "";

  @BeforeEach
  void start() throws Exception {
    volume = SmallVolume.mount(VOLUME_MEGABYTES);
    database =
        TestDatabase.embedded(
            volume.directory("pg"),
            Map.of(
                "max_slot_wal_keep_size", "310MB",
                "max_wal_size", "288MB",
                "min_wal_size", "32MB",
                "shared_buffers", "16MB"));
    database.execute("create table t (id bigint primary key)");
    database.execute("create publication p for table t");
  }

  @AfterEach
  void stop() throws Exception {
    threads.shutdownNow();
    if (registry != null) {
      registry.closeWithoutDropping(); // PostgreSQL may be down
    }
    database.close();
    volume.close();
  }

  private SlotName slot(TestRegistry server) {
    SlotName name =
        server
            .slots
            .create(
                new InitRequest(Optional.of(OutputPlugin.PGOUTPUT), List.of("p"), Optional.empty()))
            .name();
    server.slots.snapshots().closeSnapshot(name);
    return name;
  }

  /** Five times a second a row, and WAL that says nothing. */
  private void write(int kilobytes) {
    var unused =
        threads.scheduleAtFixedRate(() -> writeOne(kilobytes), 0, 200, TimeUnit.MILLISECONDS);
  }

  private void writeOne(int kilobytes) {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "insert into t values ("
              + (written.get() + 1)
              + "); select pg_logical_emit_message(true, 'noise', repeat('x', 1024 * "
              + kilobytes
              + "))");
      written.incrementAndGet();
    } catch (SQLException e) {
      failure = String.valueOf(e.getMessage());
      throw new IllegalStateException(e); // and writes no more
    }
  }

  private static long kept(TestRegistry server, SlotName slot) {
    return server.slots.reports().of(slot).wal().retainedBytes();
  }

  @Test
  void neverFillsUpWhereTheGuardDrops() throws Exception {
    TestRegistry server = new TestRegistry(database, "guard", "*: warn@50%, drop@95%");
    registry = server;
    SlotName abandoned = slot(server);
    SlotName used = slot(server);
    RecordingSubscriber client = new RecordingSubscriber();
    SlotStream stream = server.slots.newStream(StreamOptions.of(used), client);
    stream.start();
    write(512);

    long seen = 0;
    long total = 2L * VOLUME_MEGABYTES; // at 512 kB each: as much as the whole volume
    while (seen < total) {
      String message = client.next();
      Matcher row = ROW.matcher(message);
      if (row.find()) {
        seen++;
        assertThat(Long.parseLong(row.group(1))).isEqualTo(seen); // each once, none is missing
      }
      Matcher end = NEXT_LSN.matcher(message);
      if (end.find()) {
        stream.acknowledge(Lsn.parse(end.group(1)), false);
      }
      assertThat(failure).isEmpty();
      assertThat(volume.freeBytes()).isPositive();
    }

    assertThat(server.slots.guard().actions(GuardAction.DROP)).isEqualTo(1);
    assertThat(server.slots.operations().slots())
        .extracting(report -> report.name())
        .contains(used)
        .doesNotContain(abandoned);
  }

  @Test
  void isWarnedOfBeforeItFillsUpWhereNobodyDrops() throws Exception {
    TestRegistry server = new TestRegistry(database); // the usual rules
    registry = server;
    SlotName abandoned = slot(server);
    write(1024);

    await()
        .atMost(DEADLINE)
        .until(() -> server.slots.guard().actions(GuardAction.WARN) > 0 || !failure.isEmpty());
    assertThat(failure).isEmpty();
    assertThat(server.slots.guard().of(abandoned).orElseThrow().rule()).contains("warn@50%");
    assertThat(server.slots.guard().report().fullIn()).isPresent();
    assertThat(kept(server, abandoned)).isLessThan(310L << 20);
    assertThat(server.slots.operations().measured().guardActions()).containsEntry("warn", 1L);
    assertThat(server.slots.operations().measured().guard().fullIn()).isPresent();
    assertThat(server.slots.operations().doctor().examine().findings())
        .filteredOn(finding -> finding.check().equals("wal_budget"))
        .extracting(Finding::subject)
        .singleElement()
        .asString()
        .contains(abandoned.value());

    await().atMost(DEADLINE).until(() -> !failure.isEmpty()); // what the guard is for
    assertThat(volume.freeBytes()).isLessThan(32L << 20); // PostgreSQL ended for want of space
    assertThat(server.slots.guard().actions(GuardAction.DROP)).isZero();
  }
}
