package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class SlotNamesTest {
  @Test
  void makesNamesThatPeopleCanSay() {
    assertThat(SlotNames.candidate(new Random(1), 0).value()).matches("delta_[a-z]+[0-9]{1,2}");
  }

  @Test
  void makesLongerNamesWhenShortOnesAreTaken() {
    assertThat(SlotNames.candidate(new Random(1), 10).value()).matches("delta_[a-z]+[0-9]{3,9}");
  }
}
