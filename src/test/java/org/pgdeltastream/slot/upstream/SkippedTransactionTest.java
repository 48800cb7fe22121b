package org.pgdeltastream.slot.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.change.ChangeTally;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.delivery.AckTracker;
import org.pgdeltastream.delivery.ResumeFilter;
import org.pgdeltastream.delivery.StreamCounts;
import org.pgdeltastream.delivery.Subscription;
import org.pgdeltastream.replication.PostgresCatalog;
import org.pgdeltastream.replication.connection.ConnectionSettings;
import org.pgdeltastream.replication.connection.ReplicationConnector;
import org.pgdeltastream.support.RecordingSubscriber;

class SkippedTransactionTest {

  /** A skipped empty transaction that the client has already must leave nothing behind. */
  @ParameterizedTest
  @ValueSource(strings = {"1", "2"})
  void doesNotHoldUpWhatComesNext(String format) throws Exception {
    RecordingSubscriber client = new RecordingSubscriber();
    AckTracker acks = new AckTracker(Lsn.parse("0/10"));
    Subscription place =
        new Subscription(
            client, acks, new StreamCounts(), Duration.ofSeconds(15), System::nanoTime);
    ChangeOptions options =
        ChangeOptions.parse(
            name ->
                switch (name) {
                  case "skip-empty-xacts" -> Optional.of("true");
                  case "format" -> Optional.of(format);
                  default -> Optional.empty();
                });
    SlotPipeline pipeline =
        SlotPipeline.of(
            new SlotPipeline.Source(OutputPlugin.WAL2JSON, List.of(), 15),
            options,
            new PostgresCatalog(
                new ReplicationConnector(
                    new ConnectionSettings("", "", "", ""),
                    Optional.empty(),
                    HeapBudget.unlimited())), // never asked
            new ResumeFilter(place, acks, Lsn.parse("0/30")),
            ChangeTally.NONE,
            HeapBudget.unlimited());

    for (String chunk : emptyTransaction(format)) {
      byte[] message = chunk.getBytes(UTF_8);
      pipeline.decode(message, 0, message.length, 0);
    }
    pipeline.sendEmptyTransaction(Lsn.parse("0/40"));

    assertThat(client.next()).doesNotContain("0/20");
    assertThat(acks.lastSent()).isEqualTo(Lsn.parse("0/40"));
    assertThat(place.hasHalfSent()).isFalse();
  }

  private static List<String> emptyTransaction(String format) {
    return format.equals("1")
        ? List.of("{\"nextlsn\":\"0/20\",\"change\":[", "]}")
        : List.of(
            "{\"action\":\"B\",\"lsn\":\"0/18\",\"nextlsn\":\"0/20\"}",
            "{\"action\":\"C\",\"lsn\":\"0/18\",\"nextlsn\":\"0/20\"}");
  }
}
