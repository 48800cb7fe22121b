package org.pgdeltastream.replication.wal;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.replication.ReplicationSlots;
import org.pgdeltastream.replication.connection.ConnectionSettings;
import org.pgdeltastream.replication.connection.ReplicationConnector;
import org.pgdeltastream.support.TestDatabase;

/**
 * A listener that stops the reader in a pause hears nothing more: another connection repeats it.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class StoppedCatchUpPostgresIT {
  private static final Map<String, String> OPTIONS =
      Map.of("proto_version", "1", "publication_names", "p");

  @Test
  void handsOnNoRowBehindThePauseThatStoppedIt() throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool();
    try (TestDatabase database = TestDatabase.embedded(Map.of("full_page_writes", "off"))) {
      database.execute("create table t (id int, name text)");
      database.execute("create publication p for table t");
      database.text("select pg_create_logical_replication_slot('s', 'pgoutput')::text");
      database.execute(
          "do $$ begin for i in 1..5000 loop"
              + " insert into t values (i, repeat('x', 100)); commit; end loop; end $$");
      database.execute("checkpoint");
      ReplicationConnector connector =
          new ReplicationConnector(
              new ConnectionSettings(
                  database.jdbcUrl(), database.user(), database.password(), "test"),
              Optional.empty(),
              HeapBudget.unlimited());
      ReplicationSlots slots = new ReplicationSlots(connector);
      SlotName slot = new SlotName("s");
      Optional<CatchUp> catchUp =
          new CatchUps(threads).begin(connector, slots.find(slot).orElseThrow(), 400_000, OPTIONS);
      assertThat(catchUp).isPresent();
      Stopping listener = new Stopping();
      ReplicationReader reader =
          slots.stream(slot, Lsn.NONE, catchUp, OPTIONS, () -> Lsn.NONE, listener);
      listener.reader = reader;

      reader.run();

      assertThat(listener.taken).isPositive();
      assertThat(listener.takenBehindStop).isZero();
      connector.control().close();
    } finally {
      threads.shutdown();
    }
  }

  private static final class Stopping implements WalListener {
    private static final long LONGER_THAN_A_LOOK = Duration.ofMillis(10).toNanos();

    private @Nullable ReplicationReader reader;
    private boolean stopped;
    private int taken;
    private int takenBehindStop;

    @Override
    public long committedAt(byte[] message, int start, int end) {
      return NO_COMMIT_TIME;
    }

    @Override
    public void onWalData(byte[] message, int start, int end, long position) {
      taken++;
      takenBehindStop += stopped ? 1 : 0;
      long since = System.nanoTime();
      while (System.nanoTime() - since < LONGER_THAN_A_LOOK) {
        Thread.onSpinWait();
      }
    }

    @Override
    public void onServerWalEnd(Lsn serverWalEnd) {}

    @Override
    public boolean wantsMore() {
      return true;
    }

    @Override
    public void onPause() {
      if (taken > 0) {
        stopped = true;
        requireNonNull(reader, "not begun").stop();
      }
    }
  }
}
