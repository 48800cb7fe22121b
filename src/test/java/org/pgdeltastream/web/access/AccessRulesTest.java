package org.pgdeltastream.web.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.rights.Rights;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.web.http.ErrorBody;

class AccessRulesTest {
  private static final String APP = "https://app.example.com";
  private static final AccessRules PROTECTED =
      rules(List.of(), List.of(), List.of(APP), List.of(), false);
  private static final AccessRules OPEN =
      rules(
          List.of(),
          List.of(),
          List.of(APP, "http://intern:8081", "app://desktop", "null"),
          List.of("db.example.com", "xn--bcher-kva.example", "Named.example.com:8080"),
          true);
  private static final AccessRules TOKENS =
      rules(List.of("first-token", "zweites"), List.of("looks"), List.of(APP), List.of(), false);

  private static AccessRules rules(
      List<String> tokens,
      List<String> monitors,
      List<String> origins,
      List<String> hosts,
      boolean open) {
    Callers nobody =
        new Callers(Settings.read(name -> null), () -> Rights.NONE, InstantSource.system());
    return new AccessRules(
        new CallerRules(tokens, monitors, !tokens.isEmpty(), false, nobody), origins, hosts, open);
  }

  /** A call from this machine; headers as pairs of name and value. */
  private static AccessRules.Call call(String... headers) {
    return from("GET", "http", "127.0.0.1", headers);
  }

  private static AccessRules.Call from(
      String method, String scheme, String address, String... headers) {
    Map<String, List<String>> values = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    values.put("Host", List.of("localhost:8080"));
    for (int i = 0; i < headers.length; i += 2) {
      values.put(headers[i], List.of(headers[i + 1].split("\\|", -1)));
    }
    return new AccessRules.Call(
        method, scheme, "/v1/slots", "", address, name -> values.getOrDefault(name, List.of()));
  }

  private static int status(AccessRules rules, AccessRules.Call call) {
    return rules.decide(call).refusal().map(ErrorBody::status).orElse(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "127.1.2.3", "::1", "0:0:0:0:0:0:0:1", "[::1]"})
  void letsThisMachineInWhenNothingIsConfigured(String address) {
    assertThat(status(PROTECTED, from("GET", "http", address))).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.1", "192.168.1.2", "fe80::1", "2001:db8::1", "", "localhost"})
  void letsNoOtherMachineInWhenNothingIsConfigured(String address) {
    assertThat(status(PROTECTED, from("GET", "http", address))).isEqualTo(403);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Forwarded", "X-Forwarded-For", "x-forwarded-host", "X-Real-IP"})
  void takesAProxysRequestForAnotherMachines(String header) {
    assertThat(status(PROTECTED, call(header, "127.0.0.1"))).isEqualTo(403);
    assertThat(status(OPEN, call(header, "127.0.0.1"))).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"evil.com", "localhost.evil.com", "127.0.0.1.evil.com", "", "a|localhost"})
  void takesOnlyLoopbackHostsWhenNothingIsConfigured(String host) {
    assertThat(status(PROTECTED, call("Host", host))).isEqualTo(403);
    assertThat(status(OPEN, call("Host", host))).isEqualTo(403);
    assertThat(status(TOKENS, call("Host", host))).isEqualTo(401);
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.5:12312, 200",
    "[fe80::1]:12312, 200",
    "delta:12312, 200",
    "delta_db_1, 200",
    "pgdelta.prod.svc.cluster.local:80, 200",
    "DELTA.Internal, 200",
    "named.example.com, 200",
    "NAMED.example.com:9, 200",
    "evil.example.com:12312, 403",
    "named.example.com.evil.com, 403",
    "xnamed.example.com, 403",
    "10.0.0.5.evil.com, 403",
    "10.0.0.5.nip.io, 403",
    "internal.evil.com, 403",
    "evil.com., 403",
    "user@10.0.0.5, 403",
    "evil.com#.local, 403",
    "ev\u0131l.local, 403",
  })
  void isOpenOnlyByAddressesAndNamesThatNoWebPageCanTake(String host, int status) {
    assertThat(status(OPEN, from("GET", "http", "10.0.0.1", "Host", host))).isEqualTo(status);
    String own = "http://" + host;
    assertThat(status(OPEN, from("GET", "http", "10.0.0.1", "Host", host, "Origin", own)))
        .as("a page that is of the same origin by its name alone")
        .isEqualTo(status);
  }

  @Test
  void isOpenToAProgramThatSendsNoHost() {
    AccessRules.Call call =
        new AccessRules.Call("GET", "http", "/v1/ping", "", "10.0.0.1", name -> List.of());
    assertThat(status(OPEN, call)).isEqualTo(200);
    assertThat(status(PROTECTED, call)).isEqualTo(403);
  }

  /** What browsers send of an image, a frame, a form, a fetch whose answer nobody may read. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "Accept; image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;true",
        "Accept; text/html,application/xhtml+xml,application/xml;true",
        "Accept; text/css,*/*;true",
        "Referer; http://evil.example/;true",
        "Referer; http://localhost:8080/;true",
        "User-Agent; Mozilla/5.0 (X11) AppleWebKit/537.36;true",
        "Sec-Fetch-Dest; image;true",
        "Sec-Fetch-Mode; no-cors;true",
        "Sec-Purpose; prefetch;true",
        "Sec-Fetch-Site; cross-site;true",
        "Sec-Fetch-Site; same-origin;false",
        "Sec-Fetch-Mode; cors;false",
        "Sec-Fetch-Site; none;false",
        "Origin; http://localhost:8080;false",
        "User-Agent; curl/8.5.0;false",
        "User-Agent; Go-http-client/1.1;false",
        "Accept; */*;false",
        "Accept; application/json;false",
      })
  void knowsTheSignsOfAPage(String name, String value, boolean page) {
    assertThat(OPEN.pageSign(call(name, value)).isPresent()).isEqualTo(page);
    assertThat(PROTECTED.pageSign(call(name, value)).isPresent()).isEqualTo(page);
    assertThat(TOKENS.pageSign(call(name, value))).as("no page has a token").isEmpty();
  }

  @Test
  void takesNoProgramForAPageThatSendsHeadersLikeABrowsers() {
    Map<String, String> java =
        Map.of(
            "Host", "localhost:8080",
            "User-Agent", "Java/17.0.15",
            "Accept", "text/html, image/gif, image/jpeg, */*; q=0.2");
    Map<String, String> node =
        Map.of(
            "Host", "localhost:8080",
            "User-Agent", "node",
            "Accept", "*/*",
            "Accept-Language", "*",
            "Sec-Fetch-Mode", "cors");
    for (Map<String, String> headers : List.of(java, node)) {
      AccessRules.Call call =
          new AccessRules.Call(
              "GET",
              "http",
              "/v1/init",
              "",
              "127.0.0.1",
              name -> headers.containsKey(name) ? List.of(headers.get(name)) : List.of());
      assertThat(PROTECTED.pageSign(call)).isEmpty();
    }
  }

  private static AccessRules.Call to(String method, String path, String token) {
    return new AccessRules.Call(
        method,
        "http",
        path,
        "",
        "10.0.0.1",
        name -> name.equals("Authorization") ? List.of("Bearer " + token) : List.of());
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /v1/status, 200",
    "GET, /v1/slots, 200",
    "HEAD, /v1/slots/delta_a, 200",
    "GET, /v1/feeds/main, 200",
    "GET, /v1/snapshots, 200",
    "GET, /v1/health, 200",
    "GET, /v1/metrics, 200",
    "GET, /v1/doctor, 200",
    "GET, /v1/ping, 200",
    "DELETE, /v1/slots/delta_a, 403",
    "POST, /v1/slots/delta_a/close, 403",
    "POST, /v1/slots/delta_a/advance, 403",
    "GET, /v1/init, 403",
    "GET, /v1/lr/stream, 403",
    "GET, /v1/feeds/main/stream, 403",
    "GET, /v1/feeds/main/changes, 403",
    "PUT, /v1/feeds/main, 403",
    "GET, /v1/snapshot/tables, 403",
    "GET, /v1/snapshot/table, 403",
    "POST, /v1/snapshot/data, 403",
    "GET, /v1/slots/../init, 403",
    "GET, /v1/slots;/../init, 403",
    "GET, /v1/slots/a%2F..%2Finit, 403",
    "GET, /v1//slots, 403",
    "GET, /v1/lr/tail, 403",
    "GET, /v1/about, 200",
    "GET, /console/../v1/init, 403",
    "GET, /console/%2e%2e/v1/init, 403",
    "GET, /client, 403",
    "POST, /, 403",
    "GET, /nothing, 403"
  })
  void letsAMonitorLookAndNothingElse(String method, String path, int status) {
    assertThat(status(TOKENS, to(method, path, "looks"))).isEqualTo(status);
    assertThat(status(TOKENS, to(method, path, "zweites"))).isEqualTo(200);
    assertThat(status(TOKENS, to(method, path, "look"))).isEqualTo(401);
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /v1/health/live, 200",
    "GET, /v1/health/ready, 200",
    "GET, /v1/health/started, 200",
    "POST, /v1/health/live, 401",
    "GET, /v1/health, 401",
    "GET, /v1/health/live/../../slots, 401",
    "GET, /v1/health/live;/slots, 401",
    "GET, /v1/health/live/, 401",
    "GET, /v1/openapi.json, 200",
    "GET, /v1/asyncapi.json, 200",
    "HEAD, /v1/schema/slot.json, 200",
    "DELETE, /v1/openapi.json, 401",
    "GET, /v1/schema/../slots, 401",
    "GET, /v1/schema/..%2fslots.json, 401",
    "GET, /, 200",
    "GET, /console/console.js, 200",
    "GET, /client/pgdeltastream.js, 200",
    "POST, /, 401",
    "GET, /console/../v1/slots, 401"
  })
  void tellsWhetherItIsUpWithoutAToken(String method, String path, int status) {
    assertThat(status(TOKENS, to(method, path, ""))).isEqualTo(status);
    assertThat(status(PROTECTED, to(method, path, ""))).as("from another machine").isEqualTo(403);
  }

  @Test
  void knowsWhichTokenWasSent() {
    assertThat(TOKENS.decide(to("GET", "/v1/slots", "first-token")).token()).contains("0");
    assertThat(TOKENS.decide(to("GET", "/v1/slots", "zweites")).token()).contains("1");
    assertThat(TOKENS.decide(to("GET", "/v1/slots", "looks")).token()).isEmpty();
  }

  @Test
  void tellsABrowsersDeveloperHowToSendAToken() {
    assertThat(TOKENS.decide(call()).refusal().map(ErrorBody::hint))
        .hasValueSatisfying(
            hint ->
                assertThat(hint)
                    .contains("new WebSocket(url, ['pgdeltastream.v1', 'bearer.<token>'])"));
  }

  @Test
  void saysWhichSettingsOpenIt() {
    assertThat(PROTECTED.decide(from("GET", "http", "10.0.0.1")).refusal())
        .hasValueSatisfying(
            refusal -> {
              assertThat(refusal.code()).isEqualTo("forbidden");
              assertThat(refusal.hint())
                  .contains("pgdelta.tokens", "PGDELTA_TOKENS", "pgdelta.open", "PGDELTA_OPEN");
            });
  }

  @ParameterizedTest
  @CsvSource({
    "http, localhost:8080, http://localhost:8080, 200",
    "http, localhost:8080, HTTP://LocalHost:8080, 200",
    "http, LOCALHOST:8080, http://localhost:8080, 200",
    "ws, localhost:8080, http://localhost:8080, 200",
    "http, db.example.com, http://db.example.com, 200",
    "http, db.example.com, http://db.example.com:80, 200",
    "http, db.example.com:80, http://db.example.com, 200",
    "https, db.example.com, https://db.example.com, 200",
    "https, db.example.com:443, https://db.example.com, 200",
    "wss, db.example.com, https://db.example.com, 200",
    "http, [::1]:8080, http://[::1]:8080, 200",
    "http, 127.0.0.1:8080, http://127.0.0.1:8080, 200",
    "http, localhost:8080, https://app.example.com, 200",
    "http, localhost:8080, http://intern:8081, 200",
    "http, localhost:8080, app://desktop, 200",
    "http, localhost:8080, app://other, 403",
    "http, localhost:8080, https://APP.example.com, 403",
    "http, localhost:8080, http://app.example.com, 403",
    "http, localhost:8080, https://app.example.com:443, 403",
    "http, localhost:8080, https://app.example.com:8443, 403",
    "http, localhost:8080, https://app.example.com/, 403",
    "http, localhost:8080, https://app.example.com., 403",
    "http, localhost:8080, https://app.example.com.evil.com, 403",
    "http, localhost:8080, https://evilapp.example.com, 403",
    "http, localhost:8080, https://app.example.com@evil.com, 403",
    "http, localhost:8080, null, 403",
    "http, localhost:8080, '', 403",
    "http, localhost:8080, localhost:8080, 403",
    "http, localhost:8080, https://localhost:8080, 403",
    "http, localhost:8080, http://localhost, 403",
    "http, localhost:8080, http://localhost:80800, 403",
    "http, localhost:8080, http://localhost:8081, 403",
    "http, localhost:8080, http://127.0.0.1:8080, 403",
    "http, localhost:8080, http://localhost.:8080, 403",
    "http, localhost:8080, http://sub.localhost:8080, 403",
    "http, localhost:8080, http://user@localhost:8080, 403",
    "http, localhost:8080, 'http://localhost:8080, http://evil.com', 403",
    "http, localhost:8080, http://localhost:8080|http://evil.com, 403",
    "http, localhost:8080, http://localhost:8080|http://localhost:8080, 403",
    "http, localhost:8080, http://localhost:8080/, 403",
    "http, localhost:8080, 'http://localhost:8080 ', 403",
    "http, localhost:8080, ws://localhost:8080, 403",
    "http, localhost:8080, chrome-extension://abc, 403",
    "http, localhost:8080, http://loc\u00e4lhost:8080, 403",
    "http, kelvin, http://\u212Aelvin, 403",
    "http, xn--bcher-kva.example, http://xn--bcher-kva.example, 200",
    "http, xn--bcher-kva.example, http://b\u00fccher.example, 403",
    "http, localhost:8080|localhost:8080, http://localhost:8080, 403",
  })
  void knowsTheSameOriginAndTheConfiguredOnes(
      String scheme, String host, String origin, int status) {
    AccessRules.Call call = from("GET", scheme, "10.0.0.1", "Host", host, "Origin", origin);
    assertThat(status(OPEN, call)).isEqualTo(status);
  }

  /** A browser hides the answer from its page, so the log has to say it. */
  @Test
  void saysWhichOriginItRefuses() {
    assertThat(PROTECTED.decide(call("Origin", "http://localhost:8000\n")).refusal())
        .map(ErrorBody::error)
        .hasValueSatisfying(
            error ->
                assertThat(error)
                    .contains("http://localhost:8000", "pgdelta.origins")
                    .doesNotContain("\n"));
  }

  @Test
  void takesACallWithoutOrigin() {
    assertThat(status(OPEN, call())).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({"none,200", "same-origin,200", "same-site,403", "cross-site,403", "'',403", "x,403"})
  void asksWhereABrowserSaysThatThePageIsFrom(String site, int status) {
    assertThat(status(OPEN, call("Sec-Fetch-Site", site))).isEqualTo(status);
    String same = "http://localhost:8080";
    assertThat(status(OPEN, call("Sec-Fetch-Site", site, "Origin", same))).isEqualTo(status);
    assertThat(status(OPEN, call("Sec-Fetch-Site", site, "Origin", APP))).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({
    "Bearer first-token, 200",
    "bearer first-token, 200",
    "BEARER   zweites, 200",
    "Bearer first-tokem, 401",
    "Bearer first-toke, 401",
    "Bearer first-token2, 401",
    "Bearer First-Token, 401",
    "Bearer, 401",
    "'Bearer ', 401",
    "first-token, 401",
    "Basic first-token, 401",
    "Bearer first-token zweites, 401",
    "'', 401",
  })
  void asksForATokenWhereTokensAreConfigured(String authorization, int status) {
    AccessRules.Call call =
        from("GET", "http", "10.0.0.1", "Host", "db:1", "Authorization", authorization);
    assertThat(status(TOKENS, call)).isEqualTo(status);
  }

  @Test
  void asksThisMachineForATokenToo() {
    assertThat(status(TOKENS, call())).isEqualTo(401);
  }

  @ParameterizedTest
  @CsvSource({
    "'pgdeltastream.v1, bearer.zweites', 200",
    "'bearer.zweites,pgdeltastream.v1', 200",
    "pgdeltastream.v1|bearer.zweites, 200",
    "pgdeltastream.v1, 401",
    "bearer., 401",
    "bearer.falsch, 401",
    "zweites, 401",
  })
  void takesATokenAsSubprotocol(String protocols, int status) {
    assertThat(status(TOKENS, call("Sec-WebSocket-Protocol", protocols))).isEqualTo(status);
  }

  @Test
  void asksForATokenEvenWhenOpenIsSetToo() {
    assertThat(status(rules(List.of("t"), List.of(), List.of(), List.of(), true), call()))
        .isEqualTo(401);
  }

  @Test
  void refusesAForeignPageBeforeItLooksAtTheToken() {
    AccessRules.Call call =
        call("Origin", "https://evil.com", "Authorization", "Bearer first-token");
    assertThat(status(TOKENS, call)).isEqualTo(403);
  }

  @Test
  void neverTellsWhichTokensThereAre() {
    assertThat(
            TOKENS
                .decide(call("Authorization", "Bearer canary"))
                .toString()
                .toLowerCase(Locale.ROOT))
        .doesNotContain("first-token", "zweites", "canary");
  }

  @Test
  void letsAPreflightOfAConfiguredOriginPassWithoutToken() {
    AccessRules.Call call =
        from(
            "OPTIONS",
            "http",
            "10.0.0.1",
            "Origin",
            APP,
            "Access-Control-Request-Method",
            "POST",
            "Sec-Fetch-Site",
            "cross-site");
    assertThat(status(TOKENS, call)).isEqualTo(200);
    assertThat(TOKENS.isPreflight(call)).isTrue();
  }

  @Test
  void takesNothingElseForAPreflight() {
    String asked = "Access-Control-Request-Method";
    assertThat(TOKENS.isPreflight(from("OPTIONS", "http", "::1", "Origin", APP))).isFalse();
    assertThat(TOKENS.isPreflight(from("OPTIONS", "http", "::1", asked, "POST"))).isFalse();
    assertThat(TOKENS.isPreflight(from("GET", "http", "::1", asked, "POST", "Origin", APP)))
        .isFalse();
    AccessRules.Call foreign =
        from("OPTIONS", "http", "::1", asked, "POST", "Origin", "https://evil.com");
    assertThat(TOKENS.isPreflight(foreign)).isFalse();
    assertThat(status(TOKENS, foreign)).isEqualTo(403);
  }

  @Test
  void sharesAnswersOnlyWithConfiguredOrigins() {
    assertThat(OPEN.sharedWith(call("Origin", APP))).contains(APP);
    assertThat(OPEN.sharedWith(call("Origin", "null"))).isEmpty();
    assertThat(OPEN.sharedWith(call("Origin", "http://localhost:8080"))).isEmpty();
    assertThat(OPEN.sharedWith(call("Origin", APP + "|" + APP))).isEmpty();
    assertThat(OPEN.sharedWith(call())).isEmpty();
  }
}
