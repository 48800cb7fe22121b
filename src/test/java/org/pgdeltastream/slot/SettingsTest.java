package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsTest {
  @Test
  void isSafeWhereNothingIsSet() {
    Settings settings = Settings.read(name -> null);

    assertThat(settings.open()).isFalse();
    assertThat(settings.websocket()).isEqualTo(Settings.Websocket.AUTO);
    assertThat(settings.tokens()).isEmpty();
    assertThat(settings.origins()).isEmpty();
    assertThat(settings.snapshotLease()).isEqualTo(Duration.ofMinutes(15));
    assertThat(settings.snapshotLimit()).isEqualTo(10_000);
  }

  @Test
  void readsContextParameters() {
    Settings settings =
        Settings.read(Map.of("pgdelta.tokens", "a, b", "pgdelta.send-timeout", "3")::get);

    assertThat(settings.tokens()).containsExactly("a", "b");
    assertThat(settings.sendTimeout()).isEqualTo(Duration.ofSeconds(3));
  }

  @Test
  void namesASettingThatIsNotOfItsForm() {
    assertThatThrownBy(() -> Settings.read(Map.of("pgdelta.streams", "many")::get))
        .hasMessage("Setting pgdelta.streams is 'many'; it must be a whole number");
    assertThatThrownBy(() -> Settings.read(Map.of("pgdelta.streams", "0")::get))
        .hasMessageContaining("a number from 1");
    assertThatThrownBy(() -> Settings.read(Map.of("pgdelta.open", "yes")::get))
        .hasMessageContaining("true or false");
    assertThatThrownBy(() -> Settings.read(Map.of("pgdelta.websocket", "both")::get))
        .hasMessageContaining("auto, endpoint or upgrade");
  }

  @Test
  void matchesSlotNamesByThePattern() {
    Settings settings = Settings.read(Map.of("pgdelta.slot-pattern", "a.*_x")::get);

    assertThat(settings.matches("a.b_x")).isTrue();
    assertThat(settings.matches("aab_x")).isFalse();
    assertThat(Settings.read(name -> null).matches("delta_face56")).isTrue();
    assertThat(Settings.read(name -> null).matches("other")).isFalse();
  }
}
