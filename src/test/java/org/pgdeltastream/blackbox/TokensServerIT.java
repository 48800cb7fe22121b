package org.pgdeltastream.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.pgdeltastream.support.ServerClient.object;

import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.pgdeltastream.support.EventsClient;
import org.pgdeltastream.support.Issuer;
import org.pgdeltastream.support.ServerClient;
import org.pgdeltastream.support.StreamClient;
import org.pgdeltastream.support.TestDatabase;
import org.pgdeltastream.support.servers.ApplicationServer;

/** The WAR where an issuer's tokens, and roles, say who may call; at a path of its own. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class TokensServerIT {
  private static final String APP = "https://app.example.com";
  private static final String STREAM = "/v1/feeds/main/stream";
  private static final String CHANGES = "/v1/feeds/main/changes?after=oldest";
  private static final String ROLES =
      """
      {"roles":{
        "user":{"feeds":{"main":{"tables":{"public.test_table":{}},"snapshot":true}}},
        "watch":{"monitor":true},
        "admin":{"all":true}}%s}
      """;

  private static final Issuer.Key EC = Issuer.Key.of("ec", "ES256");
  private static final Issuer.Key RSA = Issuer.Key.of("rsa", "PS256");
  private static final Issuer.Key PAIR = Issuer.Key.of("ed", "EdDSA");
  private static final Issuer.Key NEXT = Issuer.Key.of("next", "ES256");
  private static final List<String> SENT = new ArrayList<>();

  @TempDir static Path directory;
  private static TestDatabase database;
  private static ApplicationServer server;
  private static ServerClient nobody;
  private static ServerClient operator;

  @BeforeAll
  static void start() throws Exception {
    database = TestDatabase.embedded();
    database.execute("create table test_table (id int primary key, name text)");
    Files.writeString(keys(), Issuer.jwks(EC, RSA, PAIR));
    Files.writeString(rights(), ROLES.formatted(""));
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("tokens", "0123456789abcdef");
    settings.put("jwks", keys().toUri().toString());
    settings.put("issuer", Issuer.NAME);
    settings.put("audience", Issuer.AUDIENCE);
    settings.put("rights", rights().toString());
    settings.put("revocations", directory.resolve("revocations").toString());
    settings.put("origins", APP);
    server =
        ApplicationServer.start(
            new ApplicationServer.Setup(Optional.of(database), "/delta", settings));
    nobody = new ServerClient(server.base()).described();
    operator =
        new ServerClient(server.base(), "Authorization", "Bearer 0123456789abcdef").described();
    assertThat(operator.put("/v1/feeds/main", "").statusCode()).isEqualTo(201);
    database.execute("insert into test_table values (1, 'one')");
  }

  private static Path keys() {
    return directory.resolve("jwks.json");
  }

  private static Path rights() {
    return directory.resolve("rights.json");
  }

  @AfterAll
  static void stop() throws Exception {
    try (TestDatabase open = database) {
      plain("0123456789abcdef").delete("/v1/feeds/main?force=true");
      for (String token : SENT) {
        assertThat(server.log()).doesNotContain(token.substring(token.lastIndexOf('.')));
      }
      server.close();
      assertThat(open.text("select count(*) from pg_stat_replication")).isEqualTo("0");
    }
  }

  private static String token(Issuer.Key key, String subject, String role) {
    String token = key.token(Issuer.claims(subject, role, Instant.now()));
    SENT.add(token);
    return token;
  }

  private static ServerClient client(String token) {
    return new ServerClient(server.base(), "Authorization", "Bearer " + token).described();
  }

  @Test
  @Order(1)
  void refusesForgedTokensAndSaysWhy() throws Exception {
    Map<String, Object> claims = Issuer.claims("ann", "admin", Instant.now());
    Map<String, String> forged =
        Map.of(
            NEXT.token(claims),
            "its key is none of the issuer's",
            Issuer.Key.of("ec", "ES256").token(claims),
            "its signature is wrong",
            EC.token(Issuer.with(claims, "aud", "other")),
            "its audience",
            EC.token(Issuer.with(claims, "exp", 1)),
            "it has expired",
            EC.token(Map.of("alg", "HS256", "kid", "ec"), claims),
            "its algorithm",
            "not-a-token",
            "three parts");
    for (Map.Entry<String, String> one : forged.entrySet()) {
      HttpResponse<String> answer = client(one.getKey()).get("/v1/slots");
      assertThat(answer.statusCode()).isEqualTo(401);
      assertThat(answer.body()).contains(one.getValue());
      assertThat(answer.headers().firstValue("WWW-Authenticate").orElse(""))
          .startsWith("Bearer realm=\"pgdelta\", error=\"invalid_token\"")
          .contains(one.getValue());
      assertThat(nobody.socketStatus(STREAM, "Authorization", "Bearer " + one.getKey()))
          .isEqualTo(401);
    }
    HttpResponse<String> none = nobody.get(CHANGES, "Accept", "application/json");
    assertThat(none.statusCode()).isEqualTo(401);
    assertThat(none.headers().firstValue("WWW-Authenticate")).contains("Bearer realm=\"pgdelta\"");
    assertThat(nobody.get(CHANGES + "&access_token=" + token(EC, "ann", "user")).statusCode())
        .as("no token in a URL")
        .isEqualTo(401);
  }

  @Test
  @Order(1)
  void letsAUserFollowItsFeedsAndAnAdministratorDoAll() throws Exception {
    ServerClient user = client(token(EC, "ann", "user"));
    ServerClient admin = client(token(RSA, "boss", "admin"));
    for (String path :
        List.of("/v1/slots", "/v1/feeds", "/v1/feeds/main", "/v1/status", "/v1/revocations")) {
      assertThat(user.get(path).statusCode()).as(path).isEqualTo(403);
      assertThat(admin.get(path).statusCode()).as(path).isEqualTo(200);
    }
    String json = "application/json";
    String explain = "{\"table\":\"public.test_table\",\"row\":\"id=eq.1\"}";
    assertThat(user.post("/v1/feeds/main/explain", json, explain).statusCode()).isEqualTo(200);
    assertThat(admin.post("/v1/feeds/main/explain", json, explain).statusCode()).isEqualTo(200);
    assertThat(user.post("/v1/init", json, "").statusCode()).isEqualTo(403);
    HttpResponse<String> init = admin.post("/v1/init", json, "");
    assertThat(init.statusCode()).isEqualTo(200);
    String slot = object(init.body()).getString("slotName");
    String page = "{\"table\":\"test_table\"}";
    assertThat(user.post("/v1/snapshot/data", json, page).statusCode()).isEqualTo(403);
    assertThat(admin.post("/v1/snapshot/data", json, page).statusCode()).isEqualTo(200);
    assertThat(user.handshakeStatus(slot)).isEqualTo(403);
    assertThat(admin.handshakeStatus(slot)).isEqualTo(101);
    assertThat(user.delete("/v1/slots/" + slot).statusCode()).isEqualTo(403);
    assertThat(admin.delete("/v1/slots/" + slot + "?force=true").statusCode()).isEqualTo(204);
    assertThat(user.get(CHANGES).body()).contains("[1,\"one\"]");
    assertThat(client(token(PAIR, "ann", "user")).get(CHANGES).statusCode()).isEqualTo(200);
    assertThat(client(token(EC, "ann", "nobody knows")).get(CHANGES).statusCode()).isEqualTo(403);
    try (StreamClient socket =
        nobody.socket(
            STREAM,
            "Sec-WebSocket-Protocol",
            "pgdeltastream.v1, bearer." + token(EC, "x", "user"))) {
      assertThat(socket.next()).contains("hello");
    }
  }

  @Test
  @Order(1)
  void saysWhatATokenAllows() throws Exception {
    ServerClient watch = client(token(EC, "eve", "watch"));
    assertThat(object(watch.get("/v1/about").body()).getString("may")).isEqualTo("look");
    assertThat(watch.get("/v1/slots").statusCode()).isEqualTo(200);
    assertThat(watch.get(CHANGES).statusCode()).isEqualTo(403);
    ServerClient admin = client(token(EC, "boss", "admin"));
    assertThat(object(admin.get("/v1/about").body()).getString("may")).isEqualTo("act");
  }

  @Test
  @Order(1)
  void opensAStreamWithATicketOnce() throws Exception {
    ServerClient user = client(token(EC, "ann", "user"));
    String path = STREAM + "?after=oldest&ticket=" + ticket(user);
    try (StreamClient socket = nobody.socket(path)) {
      assertThat(socket.next()).contains("hello");
      assertThat(socket.nextWithChange()).contains("[1,\"one\"]");
    }
    assertThat(nobody.socketStatus(path)).as("twice").isEqualTo(401);
    try (EventsClient events = nobody.events(STREAM + "?ticket=" + ticket(operator))) {
      assertThat(events.next().name()).isEqualTo("hello");
    }
    assertThat(nobody.socketStatus(STREAM + "?ticket=" + ticket(user), "Origin", APP))
        .as("another page")
        .isEqualTo(401);
    String none = "{\"feed\":\"other\"}";
    assertThat(user.post("/v1/tickets", "application/json", none).statusCode()).isEqualTo(404);
    assertThat(nobody.post("/v1/tickets", "application/json", none).statusCode()).isEqualTo(401);
  }

  private static String ticket(ServerClient client) throws Exception {
    HttpResponse<String> answer =
        client.post("/v1/tickets", "application/json", "{\"feed\":\"main\"}");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(object(answer.body()).getInt("expires")).isEqualTo(30);
    return object(answer.body()).getString("ticket");
  }

  @Test
  @Order(1)
  void followsAFeedWithACookie() throws Exception {
    ServerClient user = client(token(EC, "ann", "user"));
    HttpResponse<String> set = user.post("/v1/cookie", "application/json", "");
    assertThat(set.statusCode()).isEqualTo(204);
    String cookie = set.headers().firstValue("Set-Cookie").orElse("");
    assertThat(cookie)
        .startsWith("__Secure-pgdelta=ey")
        .contains("; Path=/delta/v1/feeds;")
        .endsWith("; HttpOnly; Secure; SameSite=Strict")
        .matches(".*; Max-Age=35[0-9]{2};.*");
    String value = cookie.replaceFirst(";.*", "");
    String[] own = {"Cookie", value, "Sec-Fetch-Site", "same-origin"};
    assertThat(nobody.get(CHANGES, own).body()).contains("[1,\"one\"]");
    assertThat(nobody.get("/v1/slots", own).statusCode()).isEqualTo(401);
    assertThat(nobody.get(CHANGES, "Cookie", value).statusCode()).isEqualTo(401);
    HttpResponse<String> shared = nobody.get(CHANGES, "Cookie", value, "Origin", APP);
    assertThat(shared.statusCode()).isEqualTo(200);
    assertThat(shared.headers().firstValue("Access-Control-Allow-Credentials")).contains("true");
    assertThat(shared.headers().firstValue("Access-Control-Allow-Origin")).contains(APP);
    assertThat(nobody.get(CHANGES, "Cookie", value, "Origin", "https://evil.example").statusCode())
        .isEqualTo(403);
    try (EventsClient events = nobody.events(STREAM, "Cookie", value, "Origin", APP)) {
      assertThat(events.next().name()).isEqualTo("hello");
    }
    assertThat(operator.post("/v1/cookie", "application/json", "").statusCode()).isEqualTo(403);
    HttpResponse<String> clear = nobody.delete("/v1/cookie");
    assertThat(clear.statusCode()).isEqualTo(204);
    assertThat(clear.headers().firstValue("Set-Cookie").orElse(""))
        .startsWith("__Secure-pgdelta=; Path=/delta/v1/feeds; Max-Age=0;");
  }

  @Test
  @Order(2)
  void revokesASubjectsTokensAndOne() throws Exception {
    ServerClient before = client(token(EC, "zoe", "user"));
    assertThat(before.get(CHANGES).statusCode()).isEqualTo(200);
    HttpResponse<String> done =
        operator.post("/v1/revocations", "application/json", "{\"sub\":\"zoe\"}");
    assertThat(done.statusCode()).as(done.body()).isEqualTo(200);
    HttpResponse<String> refused = before.get(CHANGES);
    assertThat(refused.statusCode()).isEqualTo(401);
    assertThat(refused.headers().firstValue("WWW-Authenticate").orElse("")).contains("revoked");
    Map<String, Object> one =
        Issuer.with(Issuer.claims("tom", "user", Instant.now()), "jti", "t-1");
    assertThat(client(EC.token(one)).get(CHANGES).statusCode()).isEqualTo(200);
    assertThat(
            client(token(RSA, "boss", "admin"))
                .post("/v1/revocations", "application/json", "{\"jti\":\"t-1\"}")
                .statusCode())
        .isEqualTo(200);
    assertThat(client(EC.token(one)).get(CHANGES).statusCode()).isEqualTo(401);
    assertThat(client(token(EC, "tom", "user")).get(CHANGES).statusCode()).isEqualTo(200);
    HttpResponse<String> all = operator.get("/v1/revocations");
    assertThat(object(all.body()).getInt("count")).isEqualTo(2);
    assertThat(all.body()).contains("\"sub\":\"zoe\"").contains("\"jti\":\"t-1\"");
    assertThat(Files.readString(directory.resolve("revocations"))).contains("zoe", "t-1");
    String both = "{\"sub\":\"a\",\"jti\":\"b\"}";
    assertThat(operator.post("/v1/revocations", "application/json", both).statusCode())
        .isEqualTo(400);
    String ahead = "{\"sub\":\"a\",\"before\":\"2999-01-01T00:00:00Z\"}";
    assertThat(operator.post("/v1/revocations", "application/json", ahead).body())
        .contains("has not come yet");
  }

  @Test
  @Order(3)
  void takesANewKeyWithoutARestart() throws Exception {
    ServerClient next = client(token(NEXT, "ann", "user"));
    assertThat(next.get(CHANGES).statusCode()).isEqualTo(401);
    Files.writeString(keys(), Issuer.jwks(NEXT));
    await("the new key to be taken")
        .atMost(Duration.ofSeconds(30))
        .until(() -> next.get(CHANGES).statusCode() == 200);
    assertThat(client(token(EC, "ann", "user")).get(CHANGES).statusCode()).isEqualTo(401);
  }

  @Test
  @Order(4)
  void letsWhoHasNoTokenFollowWhatItsRoleMay() throws Exception {
    assertThat(nobody.get(CHANGES).statusCode()).isEqualTo(401);
    Files.writeString(rights(), ROLES.formatted(",\"anonymous\":\"user\""));
    await("the new roles to be read")
        .atMost(Duration.ofSeconds(30))
        .until(() -> nobody.get(CHANGES).statusCode() == 200);
    assertThat(nobody.get("/v1/slots").statusCode()).isEqualTo(401);
    assertThat(client("not-a-token").get(CHANGES).statusCode()).isEqualTo(401);
  }

  /**
   * Last, and by a plain client: the embedded server leaves its former application in this thread.
   */
  @Test
  @Order(5)
  void remembersWhatWasRevoked() throws Exception {
    String token = token(NEXT, "max", "user");
    String revocation = "{\"sub\":\"max\"}";
    assertThat(operator.post("/v1/revocations", "application/json", revocation).statusCode())
        .isEqualTo(200);
    server.redeploy();
    assertThat(plain(token).get(CHANGES).statusCode()).isEqualTo(401);
    assertThat(plain(token(NEXT, "ann", "user")).get(CHANGES).statusCode()).isEqualTo(200);
  }

  private static ServerClient plain(String token) {
    return new ServerClient(server.base(), "Authorization", "Bearer " + token);
  }
}
