package org.pgdeltastream.slot.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ShownSettingsTest {
  private static final Map<String, String> SET =
      Map.of(
          "pgdelta.database-url", "jdbc:postgresql://joe:marked@db:5432/shop?password=marked",
          "pgdelta.database-password", "marked",
          "pgdelta.tokens", "marked1,marked2",
          "pgdelta.monitor-tokens", "marked3",
          "pgdelta.jwks", "https://issuer.example/keys?key=marked",
          "pgdelta.publications", "a,b",
          "pgdelta.hold", "7");

  @Test
  void showsNoSecret() {
    Map<String, String> shown = Settings.read(SET::get).shown();
    assertThat(shown.values()).noneMatch(value -> value.contains("marked"));
    assertThat(shown)
        .containsEntry("pgdelta.database-url", "jdbc:postgresql://db:5432/shop")
        .containsEntry("pgdelta.database-password", "1 set")
        .containsEntry("pgdelta.tokens", "2 set")
        .containsEntry("pgdelta.monitor-tokens", "1 set")
        .containsEntry("pgdelta.jwks", "https://issuer.example/keys")
        .containsEntry("pgdelta.publications", "a,b")
        .containsEntry("pgdelta.hold", "7")
        .containsEntry("pgdelta.websocket", "auto");
  }

  @Test
  void showsEachSetting() {
    assertThat(Settings.read(name -> null).shown().keySet())
        .containsExactlyInAnyOrderElementsOf(SettingNames.properties());
  }
}
