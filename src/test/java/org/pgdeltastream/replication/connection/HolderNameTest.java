package org.pgdeltastream.replication.connection;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.SlotName;

class HolderNameTest {
  private static final SlotName LONGEST = new SlotName("s".repeat(63));

  @Test
  void tellsServerAndSlot() {
    assertThat(HolderName.of("pgdeltastream/main", new SlotName("delta_face56")))
        .isEqualTo("pgdeltastream/main/delta_face56");
  }

  @Test
  void fitsAndStillEndsInTheSlot() {
    String name = HolderName.of("pgdeltastream/" + "n".repeat(80), LONGEST);
    assertThat(name).hasSize(63).startsWith("pgdeltastream/nn").endsWith(HolderName.end(LONGEST));
  }

  @Test
  void countsAsPostgresDoes() {
    String name = HolderName.of("pgdeltastream/" + "ö".repeat(80), LONGEST);
    assertThat(name).hasSize(63).startsWith("pgdeltastream/??").endsWith(HolderName.end(LONGEST));
  }

  @Test
  void longNamesWithTheSameBeginningDiffer() {
    SlotName other = new SlotName("s".repeat(62) + "t");
    assertThat(HolderName.end(other)).isNotEqualTo(HolderName.end(LONGEST));
  }
}
