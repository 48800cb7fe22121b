package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.delivery.Subscriber;
import org.pgdeltastream.slot.database.Database;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.NeedsWal2Json;
import org.pgdeltastream.support.TestDatabase;

/**
 * wal2json asked for whole transactions: quicker, but no more than 1 GB each. Known peer trouble:
 * eulerto/wal2json#169.
 */
@NeedsWal2Json
@Tag("nightly")
class WholeTransactionsPostgresIT {
  private static final int ROWS = 110;
  private static final int ROW_BYTES = 10_000_000; // as JSON; compressed, they are small on disk
  private static final Duration DEADLINE = Duration.ofMinutes(3);

  @Test
  void goesOnInChunksByItselfBeyondOneGigabyte() throws Exception {
    ExecutorService readers = Executors.newCachedThreadPool();
    try (TestDatabase database = TestDatabase.system()) {
      SlotRegistry registry = registry(database, readers);
      database.execute("create table wide (id int primary key, t text)");
      NewSlot made =
          registry.create(
              new InitRequest(Optional.of(OutputPlugin.WAL2JSON), List.of(), Optional.empty()));
      CountingSubscriber client = new CountingSubscriber();
      SlotStream stream = registry.stream(StreamOptions.of(made.name()), client);
      database.execute("insert into wide values (0, 'before')");
      assertThat(client.next().head()).contains("\"before\"");
      String walsender = walsender(database);

      database.execute(
          "insert into wide select i, repeat('x', %d) from generate_series(1, %d) i"
              .formatted(ROW_BYTES, ROWS));
      database.execute("insert into wide values (-1, 'after')");

      CountingSubscriber.Told large = client.next();
      assertThat(large.head()).startsWith("{\"nextlsn\":\"");
      assertThat(large.bytes()).isBetween((long) ROWS * ROW_BYTES, (long) ROWS * (ROW_BYTES + 500));
      assertThat(client.next().head()).contains("\"after\"").hasSizeLessThan(200);
      assertThat(walsender(database)).as("the limit struck").isNotEqualTo(walsender);
      assertThat(stream.isEnding()).isFalse();
      stream.clientGone();
      assertThat(stream.awaitEnd(Duration.ofSeconds(20))).isTrue();
      registry.close();
    } finally {
      readers.shutdown();
    }
    assertThat(readers.awaitTermination(10, TimeUnit.SECONDS)).as("readers ended").isTrue();
  }

  private static SlotRegistry registry(TestDatabase database, ExecutorService readers) {
    Map<String, String> settings = new HashMap<>();
    settings.put("pgdelta.database-url", database.jdbcUrl());
    settings.put("pgdelta.database-user", database.user());
    settings.put("pgdelta.database-password", database.password());
    settings.put("pgdelta.wal2json-whole", "true");
    Settings read = Settings.read(settings::get);
    Database doors = Database.open(read, Optional.of(database.dataSource()), Optional.empty());
    return new SlotRegistry(doors, read, readers);
  }

  private static String walsender(TestDatabase database) throws Exception {
    return database.text("select active_pid from pg_replication_slots");
  }

  /** Keeps of each message with a change how it begins and how long it is. */
  private static final class CountingSubscriber implements Subscriber {
    record Told(String head, long bytes) {}

    private static final int HEAD = 200;

    private final BlockingQueue<Told> messages = new LinkedBlockingQueue<>();
    private final StringBuilder head = new StringBuilder();
    private long bytes;

    Told next() throws InterruptedException {
      Told told = messages.poll(DEADLINE.toSeconds(), TimeUnit.SECONDS);
      if (told == null) {
        throw new AssertionError("No message came within " + DEADLINE);
      }
      return told;
    }

    @Override
    public void sendPart(byte[] part, int start, int length) {
      int kept = Math.min(length, HEAD - head.length());
      for (int i = 0; i < kept; i++) {
        head.append((char) part[start + i]);
      }
      bytes += length;
    }

    @Override
    public void sendLast(byte[] part, int start, int length) {
      sendPart(part, start, length);
      if (!head.toString().endsWith("\"change\":[]}")) {
        messages.add(new Told(head.toString(), bytes));
      }
      head.setLength(0);
      bytes = 0;
    }

    @Override
    public void ping() {}

    @Override
    public void flush() {}

    @Override
    public void sendClose(CloseReason reason, String detail) {
      close(reason, detail);
    }

    @Override
    public void awaitClosed(Duration limit) {}

    @Override
    public void close(CloseReason reason, String detail) {
      messages.add(new Told(reason + ": " + detail, 0));
    }
  }
}
