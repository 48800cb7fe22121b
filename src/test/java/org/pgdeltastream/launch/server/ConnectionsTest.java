package org.pgdeltastream.launch.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(value = 20, unit = TimeUnit.SECONDS)
class ConnectionsTest {
  /** Megabytes of heap, files that the process may open, whether with TLS, connections. */
  @ParameterizedTest
  @CsvSource({
    "256, 1048576, false, 8548",
    "247, 1048576, false, 8247", // what a collector that is not G1 has of 256
    "64, 1048576, false, 2137",
    "1024, 20000, false, 19400",
    "4096, 1048576, false, 32768",
    "256, 1024, false, 424",
    "256, 256, false, 100",
    "1, 1048576, false, 100",
    "1300, 1048576, true, 8320"
  })
  void areAsManyAsFitIntoTheHeapAndTheFiles(long megabytes, long files, boolean tls, int most) {
    assertThat(Connections.fitting(megabytes << 20, files, tls).most()).isEqualTo(most);
  }
}
