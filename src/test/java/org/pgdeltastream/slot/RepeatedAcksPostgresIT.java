package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.ServerLog;
import org.pgdeltastream.support.TestDatabase;

/** What a client's acknowledgements cost PostgreSQL, as its own log tells. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class RepeatedAcksPostgresIT {
  private static final int ACKS = 1000;

  @Test
  void acknowledgementsOfWhatWasSentElsewhereAskPostgresSeldom(@TempDir Path directory)
      throws Exception {
    try (TestDatabase database = TestDatabase.embedded(ServerLog.settings(directory))) {
      database.execute("create table t (id int primary key)");
      database.execute("create publication named for all tables");
      ServerLog log = ServerLog.of(database, directory);
      try (TestRegistry server = new TestRegistry(database, "database-user", log.role())) {
        server.stopChecks();
        SlotName slot =
            server
                .slots
                .create(
                    new InitRequest(
                        Optional.of(OutputPlugin.PGOUTPUT), List.of("named"), Optional.empty()))
                .name();
        for (int i = 1; i <= 100; i++) {
          database.execute("insert into t values (" + i + ")");
        }
        Lsn last = lastOf(server, slot, 100);

        RecordingSubscriber client = new RecordingSubscriber();
        SlotStream stream = server.slots.stream(behindAWindow(slot), client);
        assertThat(client.nextWithChange()).contains("[1]");
        log.begin();
        acknowledge(server, stream, last);

        assertThat(log.connections()).as("connections").isLessThanOrEqualTo(1);
        assertThat(log.count("pg_current_wal_flush_lsn")).as("questions").isLessThanOrEqualTo(5);
        assertThat(stream.isEnding()).isFalse();
        assertThat(stream.acksIgnored()).isEqualTo(ACKS);

        stream.acknowledge(Lsn.parse("FF/0"), false);
        while (!stream.isEnding()) {
          server.slots.reporter().checkStreams(Runnable::run);
        }
        assertThat(client.closed().reason()).isEqualTo(CloseReason.BAD_ACK);
      }
    }
  }

  /** As quickly as a client may. */
  private static void acknowledge(TestRegistry server, SlotStream stream, Lsn position) {
    for (int i = 1; i <= ACKS; i++) {
      stream.acknowledge(position, false);
      LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
      if (i % 50 == 0) {
        server.slots.reporter().checkStreams(Runnable::run);
      }
    }
  }

  /** Read by a client that confirms nothing. */
  private static Lsn lastOf(TestRegistry server, SlotName slot, int id) throws Exception {
    RecordingSubscriber client = new RecordingSubscriber();
    SlotStream stream = server.slots.stream(StreamOptions.of(slot), client);
    String message = client.nextWithChange();
    while (!message.contains("[" + id + "]")) {
      message = client.nextWithChange();
    }
    stream.clientGone();
    assertThat(stream.awaitEnd(Duration.ofSeconds(10))).isTrue();
    return Lsn.parse(message.replaceFirst("(?s).*\"nextlsn\":\"([^\"]+)\".*", "$1"));
  }

  private static StreamOptions behindAWindow(SlotName slot) {
    return new StreamOptions(
        slot, List.of(), ChangeOptions.usual(), Optional.empty(), false, false, false, 1);
  }
}
