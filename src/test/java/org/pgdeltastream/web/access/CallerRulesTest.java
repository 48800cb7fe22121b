package org.pgdeltastream.web.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.rights.Bearer;
import org.pgdeltastream.rights.FeedRight;
import org.pgdeltastream.rights.Identity;
import org.pgdeltastream.rights.Limits;
import org.pgdeltastream.rights.Rights;
import org.pgdeltastream.rights.Role;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.support.Issuer;
import org.pgdeltastream.web.http.ErrorBody;
import org.pgdeltastream.web.token.Revocation;

/** Who calls with a token of an issuer, a ticket, a cookie, or nothing; and what that may do. */
class CallerRulesTest {
  private static final String APP = "https://app.example.com";
  private static final Issuer.Key KEY = Issuer.Key.of("k", "ES256");
  private static final String STREAM = "/v1/feeds/main/stream";

  @TempDir static Path directory;
  private Instant now = Instant.parse("2026-12-01T00:00:00Z");
  private Optional<String> anonymous = Optional.empty();
  private Callers callers;
  private AccessRules rules;

  @BeforeEach
  void start() throws Exception {
    Path file = Files.createTempFile(directory, "jwks", ".json");
    Files.writeString(file, Issuer.jwks(KEY));
    Map<String, String> set = new HashMap<>();
    set.put("pgdelta.jwks", file.toUri().toString());
    set.put("pgdelta.issuer", Issuer.NAME);
    set.put("pgdelta.audience", Issuer.AUDIENCE);
    set.put("pgdelta.tokens", "operators");
    set.put("pgdelta.monitor-tokens", "looks");
    set.put("pgdelta.origins", APP);
    set.put("pgdelta.hosts", "known.example");
    Settings settings = Settings.read(set::get);
    callers = new Callers(settings, this::rights, () -> now);
    rules = new AccessRules(settings, callers);
  }

  private Rights rights() {
    return new Rights(
        Map.of(
            "admin", role("admin", true, false),
            "watch", role("watch", false, true),
            "user", role("user", false, false, "main"),
            "both", role("both", false, true, "main"),
            "public", role("public", false, false, "main")),
        anonymous);
  }

  private static Role role(String name, boolean all, boolean monitor, String... feeds) {
    Map<String, FeedRight> rights = new TreeMap<>();
    for (String feed : feeds) {
      rights.put(feed, new FeedRight(Map.of(), Set.of(), true));
    }
    return new Role(name, all, monitor, rights, Limits.NONE);
  }

  private String token(String role) {
    return KEY.token(Issuer.claims("ann", role, now));
  }

  private static AccessRules.Call call(String method, String path, String... headers) {
    Map<String, List<String>> values = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    values.put("Host", List.of("known.example"));
    for (int i = 0; i < headers.length; i += 2) {
      values.put(headers[i], List.of(headers[i + 1]));
    }
    String[] parts = path.split("\\?", 2);
    return new AccessRules.Call(
        method,
        "https",
        parts[0],
        parts.length > 1 ? parts[1] : "",
        "10.0.0.1",
        name -> values.getOrDefault(name, List.of()));
  }

  private Access decide(String method, String path, String... headers) {
    return rules.decide(call(method, path, headers));
  }

  private int status(String method, String path, String... headers) {
    return decide(method, path, headers).refusal().map(ErrorBody::status).orElse(200);
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /v1/feeds/main/stream, 200, 403, 200, 200",
    "GET, /v1/feeds/main/changes, 200, 403, 200, 200",
    "GET, /v1/feeds/main/changes/, 200, 403, 200, 200",
    "POST, /v1/tickets, 200, 403, 200, 200",
    "POST, /v1/cookie, 200, 403, 200, 200",
    "DELETE, /v1/cookie, 200, 200, 200, 200",
    "GET, /v1/health/live, 200, 200, 200, 200",
    "GET, /v1/openapi.json, 200, 200, 200, 200",
    "GET, /, 200, 200, 200, 200",
    "GET, /v1/ping, 403, 200, 200, 200",
    "GET, /v1/status, 403, 200, 200, 200",
    "GET, /v1/slots, 403, 200, 200, 200",
    "GET, /v1/feeds, 403, 200, 200, 200",
    "GET, /v1/feeds/main, 403, 200, 200, 200",
    "GET, /v1/about, 403, 200, 200, 200",
    "GET, /v1/init, 403, 403, 403, 200",
    "POST, /v1/init, 403, 403, 403, 200",
    "GET, /v1/lr/stream, 403, 403, 403, 200",
    "GET, /v1/lr/tail, 403, 403, 403, 200",
    "POST, /v1/snapshot/data, 403, 403, 403, 200",
    "GET, /v1/snapshot/stream, 403, 403, 403, 200",
    "POST, /v1/feeds/main/explain, 200, 403, 200, 200",
    "GET, /v1/feeds/main/explain, 403, 403, 403, 200",
    "PUT, /v1/feeds/main, 403, 403, 403, 200",
    "DELETE, /v1/feeds/main, 403, 403, 403, 200",
    "DELETE, /v1/slots/a, 403, 403, 403, 200",
    "POST, /v1/revocations, 403, 403, 403, 200",
    "GET, /v1/revocations, 403, 403, 403, 200",
    "POST, /v1/feeds/main/stream, 403, 403, 403, 200",
    "GET, /v1/feeds/main/../main/stream, 403, 403, 403, 200",
    "GET, /v1/feeds/main/stream;x, 403, 403, 403, 200",
    "GET, /v1/feeds/a%2Fb/stream, 403, 403, 403, 200",
    "GET, /v1/nothing, 403, 403, 403, 200",
  })
  void letsARoleDoItsOwnAndNothingElse(
      String method, String path, int user, int watch, int both, int admin) {
    assertThat(status(method, path, bearer("user"))).isEqualTo(user);
    assertThat(status(method, path, bearer("watch"))).isEqualTo(watch);
    assertThat(status(method, path, bearer("both"))).isEqualTo(both);
    assertThat(status(method, path, bearer("admin"))).isEqualTo(admin);
    assertThat(status(method, path, "Authorization", "Bearer operators")).isEqualTo(200);
  }

  private String[] bearer(String role) {
    return new String[] {"Authorization", "Bearer " + token(role)};
  }

  @Test
  void saysWhoCalls() {
    Access user = decide("GET", STREAM, bearer("user"));
    assertThat(user.bearer().map(Bearer::role).map(Role::name)).contains("user");
    assertThat(user.bearer().map(one -> one.identity().subject())).contains("ann");
    assertThat(user.token()).isEmpty();
    Access socket = decide("GET", STREAM, "Sec-WebSocket-Protocol", "p, bearer." + token("user"));
    assertThat(socket.bearer()).isEqualTo(user.bearer());
    Access operator = decide("GET", STREAM, "Authorization", "Bearer operators");
    assertThat(operator.token()).contains("0");
    assertThat(operator.bearer()).isEmpty();
    assertThat(status("GET", "/v1/slots", "Authorization", "Bearer looks")).isEqualTo(200);
  }

  /** RFC 6750, section 3. */
  @Test
  void tellsWhatIsWrongWithATokenAndNothingOfIt() {
    Map<String, Object> claims = Issuer.claims("canary", "user", now.minusSeconds(7200));
    Access expired = decide("GET", STREAM, "Authorization", "Bearer " + KEY.token(claims));
    assertThat(expired.refusal().map(ErrorBody::status)).contains(401);
    assertThat(expired.challenge())
        .isEqualTo(
            "Bearer realm=\"pgdelta\", error=\"invalid_token\","
                + " error_description=\"The token is refused: it has expired\"");
    assertThat(expired.refusal().toString()).contains("unauthorized").doesNotContain("canary");
    Access none = decide("GET", STREAM);
    assertThat(none.refusal().map(ErrorBody::status)).contains(401);
    assertThat(none.challenge()).isEqualTo("Bearer realm=\"pgdelta\"");
    assertThat(decide("GET", STREAM, "Authorization", "Bearer canary").toString())
        .contains("three parts")
        .doesNotContain("canary");
  }

  @Test
  void refusesARoleThatIsNotKnownOrNotNamed() {
    for (String role : List.of("canary", "", "anonymous")) {
      Access access = decide("GET", STREAM, bearer(role));
      assertThat(access.refusal().map(ErrorBody::status)).contains(403);
      assertThat(access.refusal().toString())
          .contains("pgdelta.role-claim")
          .doesNotContain("canary");
    }
  }

  @Test
  void letsWhoHasNoTokenDoWhatItsRoleMay() {
    assertThat(status("GET", STREAM)).isEqualTo(401);
    anonymous = Optional.of("public");
    Access access = decide("GET", STREAM);
    Identity identity = access.bearer().orElseThrow().identity();
    assertThat(identity.subject() + identity.issuer()).isEmpty();
    assertThat(identity.role()).isEqualTo("public");
    assertThat(status("GET", STREAM, "Host", "evil.example")).as("DNS rebinding").isEqualTo(403);
    assertThat(status("GET", "/v1/slots")).as("a token would help").isEqualTo(401);
    assertThat(status("POST", "/v1/tickets")).isEqualTo(401);
    assertThat(status("POST", "/v1/cookie")).isEqualTo(401);
    assertThat(status("GET", STREAM, "Authorization", "Bearer x")).as("a bad one").isEqualTo(401);
    anonymous = Optional.of("nobody knows");
    assertThat(status("GET", STREAM)).isEqualTo(401);
  }

  /** Also where it would pass without: by a role, on this machine, by a ticket or a subprotocol. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Bearer a b",
        "Bearer\ta",
        "Bearer",
        "",
        "a",
        "Basic YTpi",
        "DPoP a",
        "Bearer a, b"
      })
  void takesAHeaderThatItDoesNotUnderstandForATokenThatIsWrong(String header) {
    anonymous = Optional.of("public");
    String[] wrong = {"Authorization", header};
    String[] local = {"Authorization", header, "Host", "localhost"};
    String[] socket = {"Authorization", header, "Sec-WebSocket-Protocol", "bearer.operators"};
    Access access = decide("GET", STREAM, wrong);
    assertThat(access.refusal().map(ErrorBody::status)).contains(401);
    assertThat(access.challenge()).contains("error=\"invalid_token\"", "header Authorization");
    assertThat(status("GET", STREAM, socket)).isEqualTo(401);
    String ticket = STREAM + "?ticket=" + ticket(Optional.empty(), "main");
    assertThat(status("GET", ticket, wrong)).isEqualTo(401);
    assertThat(status("GET", ticket)).as("not spent").isEqualTo(200);
    CallerRules trusting = new CallerRules(List.of(), List.of(), true, true, callers);
    assertThat(trusting.of(local("/v1/slots", "Host", "localhost")).refusal()).isEmpty();
    assertThat(trusting.of(local("/v1/slots", local)).refusal()).isPresent();
    assertThat(trusting.of(local("/v1/health/live", local)).refusal()).isEmpty();
  }

  private static AccessRules.Call local(String path, String... headers) {
    AccessRules.Call call = call("GET", path, headers);
    return new AccessRules.Call(
        call.method(), "http", call.path(), call.query(), "127.0.0.1", call.headers());
  }

  @Test
  void looksAtThePageBeforeTheToken() {
    String[] headers = {"Authorization", "Bearer " + token("user"), "Origin", "https://evil.com"};
    assertThat(status("GET", STREAM, headers)).isEqualTo(403);
    headers[3] = APP;
    assertThat(status("GET", STREAM, headers)).isEqualTo(200);
  }

  // Cookies

  @ParameterizedTest
  @CsvSource({
    "GET, /v1/feeds/main/stream, Sec-Fetch-Site, same-origin, 200",
    "GET, /v1/feeds/main/changes, Sec-Fetch-Site, same-origin, 200",
    "GET, /v1/feeds/main/stream, Origin, https://app.example.com, 200",
    "GET, /v1/feeds/main/stream, Origin, https://known.example, 200",
    "GET, /v1/feeds/main/stream, Origin, https://evil.example, 403",
    "GET, /v1/feeds/main/stream, Origin, http://known.example, 403",
    "GET, /v1/feeds/main/stream, Sec-Fetch-Site, none, 401",
    "GET, /v1/feeds/main/stream, Sec-Fetch-Site, same-site, 403",
    "GET, /v1/feeds/main/stream, Accept, text/event-stream, 401",
    "GET, /v1/feeds/main, Sec-Fetch-Site, same-origin, 401",
    "GET, /v1/slots, Sec-Fetch-Site, same-origin, 401",
    "POST, /v1/tickets, Sec-Fetch-Site, same-origin, 401",
    "POST, /v1/cookie, Sec-Fetch-Site, same-origin, 401",
    "POST, /v1/feeds/main/explain, Sec-Fetch-Site, same-origin, 401",
    "POST, /v1/init, Sec-Fetch-Site, same-origin, 401",
  })
  void takesACookieToFollowAFeedAndFromNoOtherPage(
      String method, String path, String name, String value, int status) {
    for (String role : List.of("user", "admin")) {
      String[] headers = {"Cookie", "a=b; __Secure-pgdelta=" + token(role) + "; c=d", name, value};
      assertThat(status(method, path, headers)).as(role).isEqualTo(status);
    }
  }

  @Test
  void takesNoOtherCookieAndNoOperatorsTokenInIt() {
    String[] page = {"Sec-Fetch-Site", "same-origin", "Cookie", ""};
    page[3] = "pgdelta=" + token("user");
    assertThat(status("GET", STREAM, page)).isEqualTo(401);
    page[3] = "__Secure-pgdelta=operators";
    assertThat(status("GET", STREAM, page)).isEqualTo(401);
    page[3] = "__Secure-pgdelta=" + token("user");
    assertThat(status("GET", STREAM, page)).isEqualTo(200);
    now = now.plus(Duration.ofHours(2));
    assertThat(status("GET", STREAM, page)).isEqualTo(401);
  }

  // Tickets

  private String ticket(Optional<String> origin, String feed) {
    return callers.tickets().make(Holder.of(callers.verify(token("user"))), origin, feed);
  }

  @Test
  void opensOneStreamWithATicket() {
    String path = STREAM + "?after=now&ticket=" + ticket(Optional.of(APP), "main");
    Access first = decide("GET", path, "Origin", APP);
    assertThat(first.bearer().map(one -> one.identity().subject())).contains("ann");
    assertThat(status("GET", path, "Origin", APP)).as("twice").isEqualTo(401);
  }

  @ParameterizedTest
  @CsvSource({
    "29, /v1/feeds/main/stream, https://app.example.com, 200",
    "30, /v1/feeds/main/stream, https://app.example.com, 401",
    "0, /v1/feeds/main/stream, https://known.example, 401",
    "0, /v1/feeds/main/stream, '', 401",
    "0, /v1/feeds/other/stream, https://app.example.com, 401",
    "0, /v1/feeds/main/changes, https://app.example.com, 401",
    "0, /v1/slots, https://app.example.com, 401",
  })
  void takesATicketSoonFromItsPageForItsFeed(int late, String path, String origin, int status) {
    String query = "?ticket=" + ticket(Optional.of(APP), "main");
    now = now.plusSeconds(late);
    String[] headers = origin.isEmpty() ? new String[0] : new String[] {"Origin", origin};
    assertThat(status("GET", path + query, headers)).isEqualTo(status);
    boolean spent = path.endsWith("stream");
    assertThat(status("GET", STREAM + query, "Origin", APP))
        .as("whoever showed it, it is spent")
        .isEqualTo(spent ? 401 : 200);
  }

  /** An EventSource of this server's own page sends no Origin. */
  @ParameterizedTest
  @CsvSource({
    "https://known.example, same-origin, 200",
    "http://known.example, same-origin, 200",
    "https://known.example, none, 401",
    "https://known.example, '', 403",
    "https://app.example.com, same-origin, 401",
    "'', '-', 200",
    "'', same-origin, 200",
  })
  void knowsItsOwnPageWithoutOrigin(String asked, String site, int status) {
    String ticket = ticket(Optional.of(asked).filter(text -> !text.isEmpty()), "main");
    String[] headers = site.equals("-") ? new String[0] : new String[] {"Sec-Fetch-Site", site};
    assertThat(status("GET", STREAM + "?ticket=" + ticket, headers)).isEqualTo(status);
  }

  @Test
  void takesATicketNoLongerThanItsToken() {
    String path = STREAM + "?ticket=" + ticket(Optional.empty(), "main");
    callers.revocations().add(new Revocation(Revocation.Kind.SUB, "ann", now.plusSeconds(1)));
    assertThat(decide("GET", path).refusal().toString()).contains("was revoked");
  }

  @Test
  void takesNoTicketOfATokenThatHasEnded() {
    Map<String, Object> claims =
        Issuer.with(Issuer.claims("ann", "user", now), "exp", now.getEpochSecond() + 10);
    Holder holder = Holder.of(callers.verify(KEY.token(claims)));
    String first = STREAM + "?ticket=" + callers.tickets().make(holder, Optional.empty(), "main");
    String second = STREAM + "?ticket=" + callers.tickets().make(holder, Optional.empty(), "main");
    now = now.plusSeconds(9);
    assertThat(status("GET", first)).isEqualTo(200);
    now = now.plusSeconds(1);
    assertThat(status("GET", second)).isEqualTo(401);
  }

  @Test
  void makesTicketsForOperatorsToo() {
    String ticket = callers.tickets().make(Holder.operator("0"), Optional.empty(), "main");
    assertThat(ticket).hasSize(22);
    assertThat(decide("GET", STREAM + "?ticket=" + ticket).token()).contains("0");
  }

  @Test
  void keepsSoManyTicketsAndNotMore() {
    for (int i = 0; i < Tickets.MOST_OF_ONE; i++) {
      assertThat(ticket(Optional.empty(), "main")).isNotEmpty();
    }
    assertThatThrownBy(() -> ticket(Optional.empty(), "main"))
        .asInstanceOf(type(ProblemException.class))
        .satisfies(e -> assertThat(e.problem()).isEqualTo(Problem.TOO_MANY_REQUESTS));
    for (int i = Tickets.MOST_OF_ONE; i < Tickets.MOST; i++) {
      callers.tickets().make(Holder.operator("" + i), Optional.empty(), "main");
    }
    assertThatThrownBy(() -> callers.tickets().make(Holder.operator("x"), Optional.empty(), "main"))
        .asInstanceOf(type(ProblemException.class))
        .satisfies(e -> assertThat(e.problem()).isEqualTo(Problem.UPSTREAM_BUSY));
    now = now.plusSeconds(30);
    assertThat(ticket(Optional.empty(), "main")).isNotEmpty();
  }

  // Revocation

  @Test
  void refusesWhatWasRevokedAndEndsWhatIsOpen() {
    String[] before = bearer("user");
    Identity identity = decide("GET", STREAM, before).bearer().orElseThrow().identity();
    now = now.plusSeconds(2);
    callers.revocations().add(new Revocation(Revocation.Kind.SUB, "ann", now));
    Access refused = decide("GET", STREAM, before);
    assertThat(refused.refusal().map(ErrorBody::status)).contains(401);
    assertThat(refused.challenge()).contains("it was revoked");
    assertThat(callers.isRevoked(identity)).isTrue();
    assertThat(status("GET", STREAM, bearer("user"))).as("a new one").isEqualTo(200);
    assertThatThrownBy(() -> callers.verify(before[1].substring("Bearer ".length())))
        .hasMessageContaining("revoked");
  }
}
