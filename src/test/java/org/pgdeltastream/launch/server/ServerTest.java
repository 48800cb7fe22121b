package org.pgdeltastream.launch.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ServerTest {
  /** Else a container's PGDELTA_STREAMS=500 ends at the threads of 64. */
  @ParameterizedTest
  @CsvSource({"'', 500, 500", "20, 500, 20", "20, '', 20", "'', '', 64", "many, '', 64"})
  void givesEachStreamAThreadHoweverTheirNumberIsSet(String property, String variable, int most) {
    assertThat(Server.number(property, variable, 64)).isEqualTo(most);
  }
}
