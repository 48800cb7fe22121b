package org.pgdeltastream.web;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.slot.database.Settings;

class UselessSettingsTest {
  @ParameterizedTest
  @CsvSource({
    "origins, *",
    "origins, 'https://a.example.com,*'",
    "origins, https://app.example.com/",
    "origins, https://app.example.com/page",
    "origins, https://app.example.com:443",
    "origins, http://app.example.com:80",
    "origins, https://App.example.com",
    "origins, https://*.example.com",
    "origins, https://user@app.example.com",
    "origins, app.example.com",
    "origins, //app.example.com",
    "origins, https:app.example.com",
    "origins, file://",
    "origins, file://localhost",
    "origins, null",
    "origins, http://a:99999",
    "hosts, *",
    "hosts, http://delta.example.com",
    "hosts, delta.example.com/",
    "hosts, a b",
    "slot-pattern, Delta_*",
    "slot-pattern, delta-*",
    "database-url, postgresql://localhost/db",
    "monitor-tokens, without-tokens-0123",
    "feeds, Main",
    "feeds, main=",
    "feeds, 'main;a-b=p'",
    "feeds, 'main=p;=p'",
    "guard, 'delta_*: drop@'",
    "guard-dry-run, perhaps",
    "tls-certificate, /etc/delta/tls.crt",
    "tls-key, /etc/delta/tls.key",
  })
  void refusesByNameWhatCanNeverMatch(String name, String value) {
    assertThatThrownBy(() -> UselessSettings.refuse(settings(name, value)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("pgdelta." + name);
  }

  @Test
  void tellsNoPasswordOfAUrlThatItRefuses() {
    assertThatThrownBy(
            () -> UselessSettings.refuse(settings("database-url", "postgresql://u:secret@db/x")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("secret");
  }

  @ParameterizedTest
  @CsvSource({"my secret", "'a,my secret'", "pa\u00dfwort", "'a\tb'"})
  void refusesATokenThatNoHeaderCarriesWithoutTellingIt(String tokens) {
    assertThatThrownBy(() -> UselessSettings.refuse(settings("tokens", tokens)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("pgdelta.tokens")
        .hasMessageNotContaining("secret")
        .hasMessageNotContaining("wort");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "postgresql://user:secret@db/x",
        "jdbc:postgresql://user:secret@db/x",
        "jdbc:mysql://db/x?password=secret"
      })
  void refusesAUrlWithoutTellingItsPassword(String url) {
    assertThatThrownBy(() -> UselessSettings.refuse(settings("database-url", url)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("pgdelta.database-url")
        .hasMessageNotContaining("secret");
  }

  @ParameterizedTest
  @CsvSource({
    "origins, 'https://app.example.com, http://localhost:3000'",
    "origins, 'app://desktop,capacitor://localhost,chrome-extension://abcdefgh'",
    "origins, http://[::1]:8080",
    "hosts, 'delta.example.com,OTHER.example.com:8080,[fe80::1]'",
    "tokens, 'c2VjcmV0/+==,0123456789abcdef'",
    "slot-pattern, *",
    "feeds, 'main; audit = p1, p2 ;a_1=q'",
    "guard, 'delta_tmp_*: drop@idle:1h, drop@1GB; *: warn@50%, close@80%, drop@95%, drop@full:30m'",
    "node, my node",
    "node, b\u00fcro", // PostgreSQL cuts it, which is told
    "node, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "open, true",
    "database-url, jdbc:postgresql://[::1]:5432/d?user=me@here&password=a@b",
    "database-url, 'jdbc:postgresql://a:1,b:2/d@e'",
    "database-url, jdbc:postgresql:d",
  })
  void takesWhatWorks(String name, String value) {
    UselessSettings.refuse(settings(name, value));
  }

  private static Settings settings(String name, String value) {
    return Settings.read(Map.of("pgdelta." + name, value)::get);
  }
}
