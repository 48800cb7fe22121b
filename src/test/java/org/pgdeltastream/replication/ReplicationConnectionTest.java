package org.pgdeltastream.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ReplicationConnectionTest {
  @Test
  void escapesWhatTheDriverDoesNot() {
    assertThat(
            ReplicationConnection.optionList(
                Map.of("add-tables", "public.t', \"add-tables\" '*.*")))
        .isEqualTo("\"add-tables\" 'public.t'', \"add-tables\" ''*.*'");
  }
}
