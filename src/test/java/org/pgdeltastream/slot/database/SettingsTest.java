package org.pgdeltastream.slot.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
  void givesPagesAndMessagesAQuarterOfTheHeapAndNeverMoreThanAll() {
    long heap = Runtime.getRuntime().maxMemory();
    assertThat(Settings.read(name -> null).heapBytes()).isEqualTo(heap / 4);
    assertThat(Settings.read(Map.of("pgdelta.heap-bytes", "2000000")::get).heapBytes())
        .isEqualTo(2_000_000);
    String more = "" + (heap + 1);
    assertThatThrownBy(() -> Settings.read(Map.of("pgdelta.heap-bytes", more)::get))
        .hasMessageContaining("pgdelta.heap-bytes")
        .hasMessageContaining("to " + heap);
  }

  @Test
  void matchesSlotNamesByThePattern() {
    Settings settings = Settings.read(Map.of("pgdelta.slot-pattern", "a.*_x")::get);

    assertThat(settings.matches("a.b_x")).isTrue();
    assertThat(settings.matches("aab_x")).isFalse();
    assertThat(Settings.read(name -> null).matches("delta_face56")).isTrue();
    assertThat(Settings.read(name -> null).matches("other")).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "pgdelta.token, pgdelta.tokens",
    "pgdelta.send_timeout, pgdelta.send-timeout",
    "pgdelta.Open, pgdelta.open",
    "pgdelta.databaseurl, pgdelta.database-url",
    "PGDELTA_TOKEN, PGDELTA_TOKENS",
    "PGDELTA_ORIGIN, PGDELTA_ORIGINS",
    "PGDELTA_SENDTIMEOUT, PGDELTA_SEND_TIMEOUT",
    "pgdelta_tokens, PGDELTA_TOKENS",
  })
  void refusesWhatLooksLikeASettingByName(String name, String meant) {
    boolean variable = meant.startsWith("PGDELTA_");
    assertThatThrownBy(
            () ->
                SettingNames.refuseUnknown(
                    variable ? List.of() : List.of("user.dir", name),
                    variable ? List.of("PATH", name) : List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("There is no setting " + name + "; did you mean " + meant + "?");
  }

  @Test
  void takesItsOwnNamesAndThoseOfOthers() {
    SettingNames.refuseUnknown(SettingNames.properties(), List.of("PATH", "PGDELTA", "PGUSER"));
    SettingNames.refuseUnknown(
        List.of("pgdelta.test.war", "pgdeltastream", "java.home"),
        SettingNames.properties().stream().map(SettingNames::variable).toList());
    // Kubernetes, for services called pgdelta and pgdelta-web
    SettingNames.refuseUnknown(
        List.of(),
        List.of(
            "PGDELTA_SERVICE_HOST",
            "PGDELTA_SERVICE_PORT",
            "PGDELTA_SERVICE_PORT_HTTP",
            "PGDELTA_PORT",
            "PGDELTA_PORT_12312_TCP",
            "PGDELTA_PORT_12312_TCP_ADDR",
            "PGDELTA_WEB_SERVICE_HOST"));
  }
}
