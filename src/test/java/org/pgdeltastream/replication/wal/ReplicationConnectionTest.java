package org.pgdeltastream.replication.wal;

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

  @Test
  void writesABackslashForTheGrammarThatReadsIt() {
    assertThat(ReplicationConnection.optionList(Map.of("add-tables", "t.\\'x")))
        .isEqualTo("\"add-tables\" 't.\\''x'");
    assertThat(SlotCopy.literal("t.\\'x")).isEqualTo("E't.\\\\''x'");
    assertThat(SlotCopy.literal("t.'x")).isEqualTo("'t.''x'");
  }
}
