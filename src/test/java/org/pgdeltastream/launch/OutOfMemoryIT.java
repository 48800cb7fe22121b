package org.pgdeltastream.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.StreamClient;
import org.pgdeltastream.support.TestDatabase;

/** A row that is larger than the heap ends its own stream and nothing else. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class OutOfMemoryIT {
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path directory;

  @Test
  void tellsTheClientFreesTheSlotAndLeavesOtherStreamsAlone() throws Exception {
    try (TestDatabase database = TestDatabase.embedded();
        Program program = Program.start(database, "128m", directory)) {
      database.execute("create table large (id int primary key, v text)");
      database.execute("create table small (id int primary key)");
      database.execute("create publication large for table large");
      database.execute("create publication small for table small");
      program.post("/v1/init?slotName=delta_large&publication=large", "");
      program.post("/v1/init?slotName=delta_small&publication=small", "");
      try (StreamClient other = new StreamClient(program.streamUrl("delta_small"))) {
        database.execute("insert into large values (1, repeat('0123456789', 20000000))"); // 200 MB
        for (int attempt = 0; attempt < 2; attempt++) { // a second client finds the slot free
          try (StreamClient client = new StreamClient(program.streamUrl("delta_large"))) {
            assertThat(client.closed().code()).isEqualTo(1011);
          }
        }
        database.execute("insert into small values (1)");
        assertThat(other.next(SOON)).contains("\"columnvalues\":[1]");
      }
      assertThat(program.get("/v1/slots/delta_large").body()).contains("\"active\":false");
    }
  }
}
