package org.pgdeltastream.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.StreamClient;
import org.pgdeltastream.support.TestDatabase;

/** A row that is larger than the heap ends its own stream, page or table and nothing else. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class OutOfMemoryIT {

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
            StreamClient.Closed closed = client.closed();
            assertThat(closed.code()).isEqualTo(1011);
            assertThat(closed.reason()).contains("190 MB", "pgdelta.heap-bytes, 32 MB", "-Xmx");
          }
        }
        database.execute("insert into small values (1)");
        assertThat(other.nextWithChange()).contains("\"columnvalues\":[1]");
      }
      assertThat(program.get("/v1/slots/delta_large").body()).contains("\"active\":false");
      assertThat(program.output()).doesNotContain("OutOfMemoryError");

      program.post("/v1/init?slotName=delta_rows&publication=small", "");
      String busy = "\"code\":\"upstream_busy\"";
      String page = "{\"slotName\":\"delta_rows\",\"table\":\"%s\"}";
      assertThat(program.post("/v1/snapshot/data", page.formatted("large")).body()).contains(busy);
      assertThat(program.get("/v1/snapshot/stream?slotName=delta_rows&table=large").body())
          .contains(busy);
      assertThat(program.post("/v1/snapshot/data", page.formatted("small")).body())
          .isEqualTo("[{\"id\":1}]");
    }
  }
}
