package org.pgdeltastream.slot.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.SlotName;

class KnownSlotTest {
  private final KnownSlot slot = new KnownSlot(new SlotName("delta_one"));

  @Test
  void keepsAHundredWarningsEachOnceAndWhatIsLeftOutNow() {
    for (int i = 0; i < 150; i++) {
      slot.warn("warning " + i);
      slot.warn("warning 0");
    }
    slot.leftOut(List.of("a table", "another"));
    slot.leftOut(List.of("a table"));
    assertThat(slot.warnings())
        .hasSize(101)
        .doesNotHaveDuplicates()
        .contains("warning 99", "a table")
        .doesNotContain("warning 100", "another");
  }

  @Test
  void knowsHowFarTheServerItselfMovedIt() {
    slot.jumped(new Lsn(10), new Lsn(20));
    slot.jumped(new Lsn(20), new Lsn(30));
    assertThat(slot.wasJumped(new Lsn(10), new Lsn(30))).isTrue();
    assertThat(slot.wasJumped(new Lsn(9), new Lsn(30))).isFalse();
    assertThat(slot.wasJumped(new Lsn(10), new Lsn(31))).isFalse();
    slot.jumped(new Lsn(40), new Lsn(50));
    assertThat(slot.wasJumped(new Lsn(30), new Lsn(50))).as("what lies before 40").isFalse();
  }
}
