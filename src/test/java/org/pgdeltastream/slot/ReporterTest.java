package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.replication.wal.CatchUps;
import org.pgdeltastream.slot.database.Database;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.Slots;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.slot.upstream.OwnPublications;
import org.pgdeltastream.slot.upstream.StreamServices;
import org.pgdeltastream.support.RecordingSubscriber;

class ReporterTest {
  private final Settings settings =
      Settings.read(
          Map.of(
                  "pgdelta.database-url", "jdbc:postgresql://localhost:1/none",
                  "pgdelta.database-user", "nobody",
                  "pgdelta.ping-interval", "1")
              ::get);
  private final Database database = Database.open(settings, Optional.empty(), Optional.empty());
  private final Slots slots = new Slots();
  private final OwnPublications publications = new OwnPublications(database, slots::known);

  @Test
  void looksAfterEveryStreamAlsoWhenALookAtOneFails() {
    occupy("delta_a");
    occupy("delta_b");
    Reporter reporter = new Reporter(database, slots, List::of, publications);

    await("both clients to be quiet for so long that they are pinged")
        .atMost(Duration.ofSeconds(10))
        .until(
            () -> {
              AtomicInteger looks = new AtomicInteger();
              reporter.checkStreams(
                  task -> {
                    looks.incrementAndGet();
                    throw new OutOfMemoryError("thrown by the test");
                  });
              return looks.get() == 2;
            });
    assertThat(slots.streams()).noneMatch(SlotStream::isEnding);
  }

  private void occupy(String name) {
    SlotName slot = new SlotName(name);
    StreamServices services =
        new StreamServices(
            database,
            settings,
            publications,
            new CatchUps(ReporterTest::noThread),
            new AtomicBoolean());
    SlotStream stream =
        new SlotStream(
            slots,
            StreamOptions.of(slot),
            new RecordingSubscriber(),
            services,
            ReporterTest::noThread);
    slots.find(slot).orElseThrow().occupy(stream);
  }

  private static void noThread(Runnable task) {
    throw new RejectedExecutionException("no thread for " + task);
  }
}
