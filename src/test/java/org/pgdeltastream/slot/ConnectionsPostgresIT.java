package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.NeedsWal2Json;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.ServerLog;
import org.pgdeltastream.support.TestDatabase;

/** How many connections a stream takes, as PostgreSQL's own log tells. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ConnectionsPostgresIT {
  private static final long MOST = 3;

  @TempDir private Path directory;

  @Test
  void aStreamStartsAndResumesWithFewConnectionsFromPgoutput() throws Exception {
    try (TestDatabase database = TestDatabase.embedded(ServerLog.settings(directory))) {
      database.execute("create publication named for all tables");
      startsAndResumes(database, OutputPlugin.PGOUTPUT, List.of());
      startsAndResumes(database, OutputPlugin.PGOUTPUT, List.of("named"));
    }
  }

  @Test
  @NeedsWal2Json
  void aStreamStartsAndResumesWithFewConnectionsFromWal2json() throws Exception {
    try (TestDatabase database = TestDatabase.system(ServerLog.settings(directory))) {
      startsAndResumes(database, OutputPlugin.WAL2JSON, List.of());
    }
  }

  /** In two servers: to the second the slot is unknown, as after a restart. */
  private void startsAndResumes(
      TestDatabase database, OutputPlugin plugin, List<String> publications) throws Exception {
    database.execute("create table t (id int primary key)");
    ServerLog log = ServerLog.of(database, directory);
    SlotName slot;
    Lsn position;
    try (Servers one = new Servers(database, log.role())) {
      slot =
          one.registry
              .create(new InitRequest(Optional.of(plugin), publications, Optional.empty()))
              .name();
      position = start(log, one, database, slot, publications, Optional.empty(), 1, "start");
    }
    try (Servers other = new Servers(database, log.role())) {
      Lsn next =
          start(
              log,
              other,
              database,
              slot,
              publications,
              Optional.of(position),
              2,
              "resume elsewhere");
      start(log, other, database, slot, publications, Optional.of(next), 3, "resume");
      other.registry.drop(slot, true);
    }
    database.execute("drop table t");
  }

  private static Lsn start(
      ServerLog log,
      Servers server,
      TestDatabase database,
      SlotName slot,
      List<String> publications,
      Optional<Lsn> from,
      int id,
      String what)
      throws Exception {
    log.begin();
    server.registry.checkStreamLimit();
    server.registry.checkDatabase(); // as before each upgrade
    RecordingSubscriber client = new RecordingSubscriber();
    SlotStream stream =
        server.registry.stream(
            new StreamOptions(
                slot, publications, ChangeOptions.usual(), from, false, true, false, 0),
            client);
    assertThat(client.next()).contains("hello");
    database.execute("insert into t values (" + id + ")");
    String message = client.nextWithChange();
    assertThat(message).contains("[" + id + "]");
    assertThat(log.connections()).as(what).isBetween(1L, MOST);
    Lsn end = Lsn.parse(message.replaceFirst("(?s).*\"nextlsn\":\"([^\"]+)\".*", "$1"));
    stream.acknowledge(end, false);
    stream.clientGone();
    assertThat(stream.awaitEnd(Duration.ofSeconds(10))).isTrue();
    return end;
  }

  /** A server without the looks that are its own, not a stream's. */
  private static final class Servers implements AutoCloseable {
    final TestRegistry looked;
    final SlotRegistry registry;

    Servers(TestDatabase database, String role) {
      looked = new TestRegistry(database, "database-user", role);
      registry = looked.slots;
      looked.stopChecks();
    }

    @Override
    public void close() {
      looked.closeWithoutDropping();
    }
  }
}
