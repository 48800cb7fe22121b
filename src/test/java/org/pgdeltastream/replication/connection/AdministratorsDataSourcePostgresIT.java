package org.pgdeltastream.replication.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.replication.CreatedSlot;
import org.pgdeltastream.replication.ReplicationSlots;
import org.pgdeltastream.replication.wal.ReplicationReader;
import org.pgdeltastream.replication.wal.WalListener;
import org.pgdeltastream.support.TestDatabase;
import org.postgresql.ds.PGSimpleDataSource;

/** Replication connections from a DataSource that the administrator defined. */
class AdministratorsDataSourcePostgresIT {
  @Test
  void makesAndStreamsASlot() throws Exception {
    try (TestDatabase database = TestDatabase.embedded()) {
      database.execute("create table users (id int primary key)");
      database.execute("create publication all_tables for all tables");
      ReplicationSlots slots = slots(database);
      SlotName slot = new SlotName("delta_given");
      CreatedSlot created = slots.create(slot, OutputPlugin.PGOUTPUT);
      database.execute("insert into users values (1)");

      FirstMessage first = new FirstMessage();
      ReplicationReader reader =
          slots.stream(
              slot,
              Lsn.NONE,
              Optional.empty(),
              Map.of("proto_version", "1", "publication_names", "\"all_tables\""),
              created::consistentPoint,
              first);
      CompletableFuture<Void> running =
          CompletableFuture.runAsync(
              () -> {
                try {
                  reader.run();
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              });

      assertThat(first.type.get(60, TimeUnit.SECONDS)).isEqualTo((byte) 'B');
      reader.stop();
      running.get(60, TimeUnit.SECONDS);
      created.snapshot().close();
    }
  }

  @Test
  void givesUpASlotThatWaitsForATransactionToEnd() throws Exception {
    try (TestDatabase database = TestDatabase.embedded();
        Connection writer = database.connect()) {
      writer.setAutoCommit(false);
      writer.createStatement().execute("create table held (id int)");
      SlotName slot = new SlotName("delta_waits");

      assertThatThrownBy(() -> slots(database).create(slot, OutputPlugin.PGOUTPUT))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("55P03"));
      assertThat(database.text("select count(*) from pg_replication_slots")).isEqualTo("0");
    }
  }

  private static ReplicationSlots slots(TestDatabase database) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(
        database.jdbcUrl()
            + "?replication=database&assumeMinServerVersion=10&preferQueryMode=simple");
    source.setUser(database.user());
    source.setPassword(database.password());
    return new ReplicationSlots(
        new ReplicationConnector(
            new ConnectionSettings(
                database.jdbcUrl(), database.user(), database.password(), "test"),
            Optional.of(source),
            HeapBudget.unlimited()));
  }

  private static final class FirstMessage implements WalListener {
    private final CompletableFuture<Byte> type = new CompletableFuture<>();

    @Override
    public long committedAt(byte[] message, int start, int end) {
      return NO_COMMIT_TIME;
    }

    @Override
    public void onWalData(byte[] message, int start, int end, long position) {
      type.complete(message[start]);
    }

    @Override
    public void onServerWalEnd(Lsn serverWalEnd) {}

    @Override
    public boolean wantsMore() {
      return true;
    }

    @Override
    public void onPause() {}
  }
}
