package org.pgdeltastream.slot.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PublicationGuardTest {
  private final PublicationGuard guard =
      PublicationGuard.of(List.of("p"), Map.of("p", 1L, "other", 2L));

  @Test
  void isContentWhileThePublicationStays() {
    assertThat(guard.broken(Map.of("p", 1L))).isEmpty();
  }

  @Test
  void tellsThatItWasDropped() {
    assertThat(guard.broken(Map.of("other", 2L)))
        .contains("publication p was dropped: changes may be missing");
  }

  @Test
  void tellsThatItWasMadeAnew() {
    assertThat(guard.broken(Map.of("p", 3L)))
        .contains("publication p was made anew: changes may be missing");
  }
}
