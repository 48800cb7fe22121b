package org.pgdeltastream.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.pgdeltastream.support.ServerClient.object;

import jakarta.json.JsonObject;
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
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgdeltastream.support.EventsClient;
import org.pgdeltastream.support.Issuer;
import org.pgdeltastream.support.ServerClient;
import org.pgdeltastream.support.StreamClient;
import org.pgdeltastream.support.TestDatabase;
import org.pgdeltastream.support.servers.ApplicationServer;

/** A shop whose customers see their own orders, on all three transports. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class RightsStory {
  private static final String OPERATOR = "0123456789abcdef";
  private static final String STREAM = "/v1/feeds/shop/stream";
  private static final String CHANGES = "/v1/feeds/shop/changes";
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final Issuer.Key KEY = Issuer.Key.of("ec", "ES256");
  private static final String ROLES =
      """
      {"roles":{
        "customer":{"feeds":{"shop":{"tables":{"public.orders":{
          "columns":["id","customer_id","item"%s],"rows":"customer_id.eq.$sub"}},"snapshot":true}},
          "limits":{"connections":2}},
        "other":{"feeds":{}}}}
      """;

  private final Map<String, String> more;
  private final List<String> sent = new ArrayList<>();
  private Path directory = Path.of("");
  private TestDatabase database;
  private ApplicationServer server;

  RightsStory(Map<String, String> more) {
    this.more = more;
  }

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    database = TestDatabase.embedded();
    database.execute(
        "create table orders (id int primary key, customer_id text not null, item text, margin text)");
    database.execute("alter table orders replica identity full");
    database.execute("create table secrets (id int primary key, word text)");
    Files.writeString(directory.resolve("jwks.json"), Issuer.jwks(KEY));
    Files.writeString(directory.resolve("rights.json"), ROLES.formatted(""));
    Map<String, String> settings = new LinkedHashMap<>(more);
    settings.put("tokens", OPERATOR);
    settings.put("jwks", directory.resolve("jwks.json").toUri().toString());
    settings.put("issuer", Issuer.NAME);
    settings.put("audience", Issuer.AUDIENCE);
    settings.put("rights", directory.resolve("rights.json").toString());
    server =
        ApplicationServer.start(
            new ApplicationServer.Setup(Optional.of(database), "/delta", settings));
    assertThat(client(OPERATOR).put("/v1/feeds/shop", "").statusCode()).isEqualTo(201);
  }

  @AfterAll
  void stop() throws Exception {
    try (TestDatabase open = database) {
      for (String word : sent) {
        assertThat(server.log()).doesNotContain(word);
      }
      assertThat(server.log()).doesNotContain("canary");
      server.close();
      assertThat(open.text("select count(*) from pg_stat_replication")).isEqualTo("0");
    }
  }

  private ServerClient client(String token) {
    return new ServerClient(server.base(), "Authorization", "Bearer " + token).described();
  }

  private String token(String subject, Instant expires) {
    Map<String, Object> claims = Issuer.claims(subject, "customer", Instant.now());
    String token = KEY.token(Issuer.with(claims, "exp", expires.getEpochSecond()));
    sent.add(token.substring(token.lastIndexOf('.')));
    return token;
  }

  private ServerClient user(String subject) {
    return client(token(subject, Instant.now().plusSeconds(3600)));
  }

  private void order(int id, String customer) throws Exception {
    database.execute(
        "insert into orders values (%d, '%s', 'canary of %s', 'canary margin')"
            .formatted(id, customer, customer));
  }

  @Test
  void aCustomerSeesHerOrdersAndNoOthers() throws Exception {
    order(1, "ann");
    order(2, "bob");
    try (StreamClient socket = user("ann").socket(STREAM + "?snapshot=1");
        EventsClient events = user("bob").events(STREAM + "?snapshot=1")) {
      assertThat(socket.next()).contains("hello");
      assertThat(socket.next())
          .contains("\"rows\":[{\"id\":1,\"customer_id\":\"ann\",\"item\":\"canary of ann\"}]");
      assertThat(events.next("snapshot").data())
          .contains("\"rows\":[{\"id\":2,\"customer_id\":\"bob\",\"item\":\"canary of bob\"}]");
      String from = events.next("snapshot-end").id();
      order(3, "bob");
      order(4, "ann");
      database.execute("update orders set customer_id = 'ann' where id = 2");
      String first = socket.nextWithChange();
      while (!first.contains("\"change\"")) {
        first = socket.nextWithChange(); // the end of the rows
      }
      assertThat(first).contains("\"columnvalues\":[4,\"ann\",\"canary of ann\"]");
      assertThat(socket.nextWithChange()).contains("\"insert\"", "[2,\"ann\"", "\"moved\":true");
      assertThat(events.nextWithChange().data()).contains("[3,\"bob\",\"canary of bob\"]");
      assertThat(events.nextWithChange().data())
          .contains("\"delete\"", "[2,\"bob\",\"canary of bob\"]", "\"moved\":true");
      HttpResponse<String> pulled = user("bob").get(CHANGES + "?after=" + from);
      assertThat(pulled.body())
          .contains("[3,\"bob\",\"canary of bob\"]", "\"moved\":true")
          .doesNotContain("ann", "margin");
    }
  }

  @Test
  void whatACustomerMayNotSeeIsNotThere() throws Exception {
    ServerClient ann = user("ann");
    assertThat(message(ann.get(CHANGES + "?add-tables=public.secrets")))
        .isEqualTo("400 Feed shop has no table public.secrets");
    assertThat(message(ann.get(CHANGES + "?add-tables=public.nothing")))
        .isEqualTo("400 Feed shop has no table public.nothing");
    assertThat(message(ann.get(CHANGES + "?rows=public.orders:margin=like.c*")))
        .isEqualTo("400 Table public.orders of feed shop has no column margin");
    assertThat(message(ann.get("/v1/feeds/main/changes"))).isEqualTo("404 No feed main");
    ServerClient other = client(KEY.token(Issuer.claims("eve", "other", Instant.now())));
    assertThat(message(other.get(CHANGES))).isEqualTo("404 No feed shop");
    assertThat(ann.socketStatus(STREAM + "?add-tables=public.secrets")).isEqualTo(400);
  }

  private static String message(HttpResponse<String> answer) {
    return answer.statusCode() + " " + object(answer.body()).getString("error");
  }

  @Test
  void anOperatorIsToldWhyABearerDoesNotSeeARow() throws Exception {
    order(60, "bob");
    String row = "{\"table\":\"public.orders\",\"row\":\"id=eq.60\"%s}";
    String asAnn = ",\"role\":\"customer\",\"claims\":{\"sub\":\"ann\"}";
    JsonObject why = object(explained(client(OPERATOR), row.formatted(asAnn), 200));
    assertThat(why.getBoolean("tableIsTold")).isTrue();
    assertThat(why.getBoolean("rowIsSelected")).isTrue();
    JsonObject rights = why.getJsonObject("rights");
    assertThat(rights.getBoolean("tableIsTold")).isTrue();
    assertThat(rights.getBoolean("rowIsSelected")).isFalse();
    assertThat(rights.getJsonObject("comparisons").toString())
        .isEqualTo("{\"\\\"customer_id\\\".eq.\\\"ann\\\"\":\"false\"}");
    String asOther = ",\"role\":\"other\"";
    rights =
        object(explained(client(OPERATOR), row.formatted(asOther), 200)).getJsonObject("rights");
    assertThat(rights.getString("why")).isEqualTo("The role does not name the feed");

    explained(user("ann"), row.formatted(asAnn), 403);
    assertThat(object(explained(user("ann"), row.formatted(""), 200)).getBoolean("rowIsThere"))
        .isFalse();
    assertThat(object(explained(user("bob"), row.formatted(""), 200)).getBoolean("rowIsThere"))
        .isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"role\":\"nobody\" | Field role is 'nobody', no role of pgdelta.rights",
        "\"role\":7 | role must be a string",
        "\"claims\":{\"sub\":\"ann\"} | Field claims needs a field role",
        "\"role\":\"customer\",\"claims\":[] | claims must be a JSON object",
        "\"role\":\"customer\",\"claims\":{\"n\":1e999} | Field claims cannot be read: a number",
        "\"subject\":\"ann\" | Unknown field 'subject'",
      })
  void refusesToExplainForNobody(String more, String error) throws Exception {
    String body = "{\"table\":\"public.orders\",\"row\":\"id=eq.1\"," + more + "}";
    assertThat(object(explained(client(OPERATOR), body, 400)).getString("error")).startsWith(error);
  }

  private static String explained(ServerClient by, String body, int status) throws Exception {
    HttpResponse<String> answer = by.post("/v1/feeds/shop/explain", "application/json", body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    return answer.body();
  }

  @Test
  void aRoleMayFollowWithSoManyConnections() throws Exception {
    ServerClient tom = user("tom");
    try (StreamClient one = tom.socket(STREAM);
        StreamClient two = tom.socket(STREAM)) {
      assertThat(one.next()).contains("hello");
      assertThat(two.next()).contains("hello");
      HttpResponse<String> third = tom.get(CHANGES);
      assertThat(message(third))
          .isEqualTo("503 Your role may follow feeds with 2 connections at the same time");
      assertThat(user("tim").get(CHANGES).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void aConnectionEndsWithItsToken() throws Exception {
    Instant expires = Instant.ofEpochSecond(Instant.now().getEpochSecond() + 5);
    ServerClient eva = client(token("eva", expires));
    try (StreamClient socket = eva.socket(STREAM);
        EventsClient events = eva.events(STREAM)) {
      assertThat(socket.next()).contains("hello");
      assertThat(nextToken(socket)).isEqualTo("{\"token\":{\"expires\":\"" + expires + "\"}}");
      assertThat(events.next("bye").data()).contains("\"code\":4010", "token_expired");
      assertThat(socket.closed().code()).isEqualTo(4010);
      assertThat(Duration.between(expires, Instant.now()))
          .isBetween(Duration.ZERO, Duration.ofSeconds(2)); // and until it is seen here
    }
  }

  /** What is said of the token; that all has come may be said before. */
  private static String nextToken(StreamClient socket) throws Exception {
    String message = socket.next();
    while (!message.startsWith("{\"token\"")) {
      message = socket.next();
    }
    return message;
  }

  @Test
  void aPullThatWaitsEndsWithItsToken() throws Exception {
    Instant expires = Instant.ofEpochSecond(Instant.now().getEpochSecond() + 4);
    HttpResponse<String> pulled = client(token("eli", expires)).get(CHANGES + "?wait=30");
    assertThat(message(pulled)).isEqualTo("401 The token has expired");
    assertThat(Instant.now()).isBefore(expires.plusSeconds(10));
  }

  @Test
  void aWebsocketGoesOnWithANewToken() throws Exception {
    try (StreamClient socket = client(token("ida", Instant.now().plusSeconds(20))).socket(STREAM)) {
      assertThat(socket.next()).contains("hello");
      assertThat(nextToken(socket)).contains("expires");
      Instant sentAt = Instant.now();
      Instant later = Instant.ofEpochSecond(Instant.now().getEpochSecond() + 600);
      socket.send("{\"token\":\"" + token("ida", later) + "\"}");
      assertThat(nextToken(socket)).isEqualTo("{\"token\":{\"expires\":\"" + later + "\"}}");
      order(50, "ida");
      assertThat(socket.nextWithChange()).contains("[50,\"ida\"");
      await("another second")
          .atMost(SOON)
          .until(() -> Instant.now().isAfter(sentAt.plusMillis(1500)));
      socket.send("{\"token\":\"not-a-token\"}");
      assertThat(socket.closed().code()).isEqualTo(4010);
    }
  }

  @Test
  void aNewTokenIsTheSameSubjects() throws Exception {
    try (StreamClient socket = user("ian").socket(STREAM)) {
      assertThat(socket.next()).contains("hello");
      socket.send("{\"token\":\"" + token("joe", Instant.now().plusSeconds(60)) + "\"}");
      assertThat(socket.closed().code()).isEqualTo(4011);
    }
  }

  /** Nor does a bearer become an operator, or an operator a bearer. */
  @Test
  void anOperatorsTokenDoesNotEnd() throws Exception {
    try (StreamClient socket = client(OPERATOR).socket(STREAM);
        StreamClient other = client(OPERATOR).socket(STREAM);
        StreamClient third = client(OPERATOR).socket(STREAM);
        StreamClient bearer = user("jan").socket(STREAM)) {
      assertThat(List.of(socket.next(), other.next(), third.next(), bearer.next()))
          .allMatch(message -> message.contains("hello"));
      socket.send("{\"token\":\"" + OPERATOR + "\"}");
      assertThat(nextToken(socket)).isEqualTo("{\"token\":{}}");
      order(70, "jan");
      assertThat(socket.nextWithChange()).contains("[70,\"jan\"");
      other.send("{\"token\":\"" + token("jan", Instant.now().plusSeconds(60)) + "\"}");
      assertThat(other.closed().code()).isEqualTo(4011);
      third.send("{\"token\":\"not-a-token\"}");
      assertThat(third.closed().code()).isEqualTo(4010);
      bearer.send("{\"token\":\"" + OPERATOR + "\"}");
      assertThat(bearer.closed().code()).isEqualTo(4011);
    }
  }

  @Test
  void newTokensCostNoMoreThanOneASecond() throws Exception {
    try (StreamClient socket = user("kai").socket(STREAM)) {
      assertThat(socket.next()).contains("hello");
      String renewal = "{\"token\":\"" + token("kai", Instant.now().plusSeconds(60)) + "\"}";
      socket.send(renewal);
      socket.send(renewal);
      assertThat(socket.closed().code()).isEqualTo(4007);
    }
  }

  @Test
  void aRevokedTokenEndsItsConnections() throws Exception {
    try (StreamClient socket = user("leo").socket(STREAM)) {
      assertThat(socket.next()).contains("hello");
      CompletableFuture<Instant> revoked = new CompletableFuture<>();
      HttpResponse<String> answer =
          client(OPERATOR).post("/v1/revocations", "application/json", "{\"sub\":\"leo\"}");
      revoked.complete(Instant.now());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      assertThat(socket.closed().code()).isEqualTo(4011);
      assertThat(Duration.between(revoked.get(), Instant.now())).isLessThan(Duration.ofSeconds(1));
    }
  }

  @Test
  void otherRightsEndAConnectionAndItsPosition() throws Exception {
    try (StreamClient socket = user("mia").socket(STREAM)) {
      String hello = object(socket.next()).getJsonObject("hello").toString();
      Files.writeString(directory.resolve("rights.json"), ROLES.formatted(",\"margin\""));
      assertThat(socket.closed().code()).isEqualTo(4011);
      String position = object(hello).getString("token") + "." + object(hello).getString("start");
      HttpResponse<String> pulled = user("mia").get(CHANGES + "?after=" + position);
      assertThat(pulled.statusCode()).isEqualTo(410);
      assertThat(object(pulled.body()).getString("reason")).isEqualTo("view");
    } finally {
      Files.writeString(directory.resolve("rights.json"), ROLES.formatted(""));
      await("the roles as they were")
          .atMost(SOON)
          .until(
              () -> user("ned").get(CHANGES + "?columns=public.orders:margin").statusCode() == 400);
    }
  }
}
