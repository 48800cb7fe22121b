package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.support.NeedsWal2Json;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.TestDatabase;

@NeedsWal2Json
class Wal2JsonStreamPostgresIT extends StreamStory {
  Wal2JsonStreamPostgresIT() {
    super(OutputPlugin.WAL2JSON);
  }

  @Override
  TestDatabase startDatabase() throws IOException {
    return TestDatabase.system();
  }

  @Test
  void isChosenByItselfWhereItIsAllowed() {
    NewSlot made =
        registry().create(new InitRequest(Optional.empty(), List.of(), Optional.empty()));

    assertThat(made.plugin()).isEqualTo(OutputPlugin.WAL2JSON);
  }

  @Test
  void namesWhatWal2JsonLacks() throws Exception {
    RecordingSubscriber client = new RecordingSubscriber();
    stream(init().name(), client, "include-unchanged-toast", "true");

    assertThat(client.closed().reason()).isEqualTo(CloseReason.CANNOT_DECODE);
    assertThat(client.closed().detail()).contains("include-unchanged-toast");
  }
}
