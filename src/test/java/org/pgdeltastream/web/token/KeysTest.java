package org.pgdeltastream.web.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.CertPathBuilderException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.support.Certificates;
import org.pgdeltastream.support.Issuer;

/** Keys that a server publishes: it changes them, goes away, and says what is no set of keys. */
class KeysTest {
  private static final Issuer.Key OLD = Issuer.Key.of("old", "ES256");
  private static final Issuer.Key NEW = Issuer.Key.of("new", "ES256");

  private volatile Instant now = Instant.parse("2026-12-01T00:00:00Z");
  private final AtomicInteger asked = new AtomicInteger();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private volatile Answer answer = Answer.of(Issuer.jwks(OLD));
  private HttpServer server;
  private Keys keys;
  private TokenVerifier verifier;

  private interface Answer {
    void to(HttpExchange exchange) throws IOException;

    static Answer of(String body) {
      return exchange -> {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
      };
    }
  }

  @BeforeEach
  void start() throws Exception {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext(
        "/",
        exchange -> {
          asked.incrementAndGet();
          try (exchange) {
            answer.to(exchange);
          }
        });
    server.start();
    URI address = URI.create("http://localhost:" + server.getAddress().getPort() + "/jwks");
    keys = new Keys(KeySource.of(address), () -> now);
    verifier =
        new TokenVerifier(
            new TokenRules(
                address, Issuer.NAME, Issuer.AUDIENCE, "role", Set.of("ES256"), false, 86_400),
            keys,
            () -> now);
  }

  @AfterEach
  void stop() {
    server.stop(0);
    threads.shutdownNow();
  }

  private void after(Duration time) {
    now = now.plus(time);
  }

  private boolean takes(Issuer.Key key) {
    Map<String, Object> claims = Issuer.claims("somebody", "user", now);
    try {
      return verifier.verify(key.token(claims)).subject().equals("somebody");
    } catch (ProblemException e) {
      assertThat(e.problem()).isEqualTo(Problem.UNAUTHORIZED);
      return false;
    }
  }

  @Test
  void findsANewKeyWithoutARestartAndForgetsAnOldOne() {
    assertThat(takes(OLD)).isTrue();
    assertThat(takes(NEW)).isFalse();
    answer = Answer.of(Issuer.jwks(OLD, NEW));
    after(Duration.ofSeconds(11));
    assertThat(takes(NEW)).as("asked for at once").isTrue();
    assertThat(takes(OLD)).isTrue();

    answer = Answer.of(Issuer.jwks(NEW));
    after(Duration.ofMinutes(5));
    await("the keys to be read again")
        .atMost(Duration.ofSeconds(20))
        .until(() -> keys.of("ES256", Optional.of("old")).isEmpty());
    assertThat(takes(OLD)).isFalse();
    assertThat(takes(NEW)).isTrue();
  }

  @Test
  void refusesATokenThatItVerifiedOnceItsKeyIsGone() {
    String token = OLD.token(Issuer.claims("somebody", "user", now));
    assertThat(verifier.verify(token).subject()).isEqualTo("somebody");
    answer = Answer.of(Issuer.jwks(NEW));
    after(Duration.ofMinutes(5));
    await("the token to be refused")
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () ->
                assertThatThrownBy(() -> verifier.verify(token))
                    .hasMessageContaining("none of the issuer's"));
  }

  /** The issuer has removed it while nobody called. */
  @Test
  void takesARemovedKeyNotOnceMoreAfterAQuietTime() {
    String token = OLD.token(Issuer.claims("somebody", "user", now));
    assertThat(verifier.verify(token).subject()).isEqualTo("somebody");
    answer = Answer.of(Issuer.jwks(NEW));
    after(Duration.ofMinutes(6));
    assertThatThrownBy(() -> verifier.verify(token)).hasMessageContaining("none of the issuer's");
    answer = Answer.of(Issuer.jwks(OLD));
    after(Duration.ofHours(23));
    assertThat(takes(NEW)).isFalse();
  }

  /** One reading is waited for; while the issuer stays away, none. */
  @Test
  void waitsOnceForAServerThatIsSilentAfterAQuietTime() {
    assertThat(takes(OLD)).isTrue();
    answer = exchange -> await().forever().until(Thread.currentThread()::isInterrupted);
    after(Duration.ofHours(1));
    assertThat(takes(OLD)).isTrue();
    assertThat(asked).hasValue(2);
    long begun = System.nanoTime();
    for (int i = 0; i < 20; i++) {
      after(Duration.ofSeconds(11));
      assertThat(takes(OLD)).isTrue();
    }
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(4));
  }

  @Test
  void asksSeldomHoweverManyKeysAreMadeUp() {
    assertThat(takes(OLD)).isTrue();
    after(Duration.ofSeconds(11));
    for (int i = 0; i < 200; i++) {
      assertThat(keys.of("ES256", Optional.of("made up " + i))).isEmpty();
    }
    assertThat(asked).hasValue(2);
  }

  @Test
  void takesKnownKeysWhileTheServerIsAway() {
    assertThat(takes(OLD)).isTrue();
    answer = exchange -> exchange.sendResponseHeaders(503, -1);
    for (int second = 0; second < 600; second++) {
      after(Duration.ofSeconds(1));
      assertThat(takes(OLD)).as("after " + second + " s").isTrue();
    }
    assertThat(takes(NEW)).isFalse();
    server.stop(0);
    after(Duration.ofHours(23));
    assertThat(takes(OLD)).as("after hours, at a closed port").isTrue();
    after(Duration.ofHours(2));
    assertThatThrownBy(() -> keys.of("ES256", Optional.of("old")))
        .hasMessageContaining("cannot be read at the moment");
  }

  /** Whoever answers in the issuer's place would say whose tokens are taken. */
  @Test
  void believesNoServerWhoseCertificateNobodyVouchesFor(@TempDir Path directory) throws Exception {
    Certificates.mustBeAtHand("KeysTest");
    HttpsServer other =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    other.setHttpsConfigurator(
        new HttpsConfigurator(Certificates.showing(Certificates.make(directory, "other"))));
    other.createContext(
        "/",
        exchange -> {
          asked.incrementAndGet();
          try (exchange) {
            answer.to(exchange);
          }
        });
    other.start();
    URI address = URI.create("https://localhost:" + other.getAddress().getPort() + "/jwks");
    try {
      assertThatThrownBy(() -> KeySource.of(address).read().get(20, TimeUnit.SECONDS))
          .hasRootCauseInstanceOf(CertPathBuilderException.class);
      assertThat(asked).hasValue(0);
    } finally {
      other.stop(0);
    }
  }

  @Test
  void saysThatItCannotKnowBeforeTheServerHasAnswered() {
    answer = exchange -> exchange.sendResponseHeaders(500, -1);
    assertThatThrownBy(() -> keys.of("ES256", Optional.of("old")))
        .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.type(ProblemException.class))
        .satisfies(e -> assertThat(e.problem()).isEqualTo(Problem.UPSTREAM_BUSY));
    answer = Answer.of(Issuer.jwks(OLD));
    after(Duration.ofSeconds(11));
    assertThat(takes(OLD)).isTrue();
  }

  @Test
  void keepsItsKeysWhenTheServerSaysWhatIsNoSetOfKeys() {
    assertThat(takes(OLD)).isTrue();
    List<Answer> wrong =
        List.of(
            Answer.of("<html>Please log in</html>"),
            Answer.of(""),
            Answer.of("{}"),
            Answer.of("{\"keys\":[]}"),
            Answer.of("{\"keys\":{}}"),
            Answer.of("{\"keys\":[{\"kty\":\"RSA\"},7,{\"kty\":\"oct\",\"k\":\"AAAA\"}]}"),
            Answer.of("[".repeat(200_000)),
            Answer.of("{\"keys\":[" + " ".repeat(300_000) + OLD.jwk("") + "]}"),
            KeysTest::elsewhere,
            KeysTest::endless);
    for (Answer one : wrong) {
      answer = one;
      int before = asked.get();
      after(Duration.ofSeconds(11));
      assertThat(takes(NEW)).isFalse();
      assertThat(asked).as("asked again").hasValueGreaterThan(before);
      assertThat(takes(OLD)).isTrue();
    }
  }

  private static void elsewhere(HttpExchange exchange) throws IOException {
    if (exchange.getRequestURI().getPath().equals("/jwks")) {
      exchange.getResponseHeaders().set("Location", "/elsewhere");
      exchange.sendResponseHeaders(302, -1);
    } else {
      Answer.of(Issuer.jwks(NEW)).to(exchange);
    }
  }

  private static void endless(HttpExchange exchange) throws IOException {
    exchange.sendResponseHeaders(200, 0);
    byte[] piece = new byte[8192];
    try (OutputStream to = exchange.getResponseBody()) {
      while (true) {
        to.write(piece);
      }
    } catch (IOException e) {
      assertThat(e).as("the reader has closed it").isNotNull();
    }
  }

  /** Who knows its key waits for nobody; of the others a few wait, and not for long. */
  @Test
  void letsFewWaitForAServerThatIsSilent() throws Exception {
    assertThat(takes(OLD)).isTrue();
    answer = exchange -> await().forever().until(Thread.currentThread()::isInterrupted);
    after(Duration.ofSeconds(11));
    long begun = System.nanoTime();
    List<Future<Problem>> strangers =
        IntStream.range(0, 40)
            .mapToObj(i -> threads.submit(() -> problem("made up " + i)))
            .toList();
    await("the first to wait").atMost(Duration.ofSeconds(20)).until(() -> asked.get() == 2);
    assertThat(takes(OLD)).isTrue();
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(4));
    List<Problem> all = new java.util.ArrayList<>();
    for (Future<Problem> one : strangers) {
      all.add(one.get());
    }
    assertThat(all).contains(Problem.UPSTREAM_BUSY);
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(20));
  }

  private Problem problem(String id) {
    try {
      assertThat(keys.of("ES256", Optional.of(id))).isEmpty();
      return Problem.UNAUTHORIZED;
    } catch (ProblemException e) {
      return e.problem();
    }
  }

  @Test
  void usesNoKeyThatIsWeakOrForSomethingElse() {
    Issuer.Key rsa = Issuer.Key.ofRsa("r", 1024);
    String others =
        "{\"keys\":[%s,%s,%s,%s,%s]}"
            .formatted(
                rsa.jwk(""),
                Issuer.Key.ofSecret("s", new byte[64]).jwk(""),
                NEW.jwk(",\"use\":\"enc\""),
                NEW.jwk(",\"key_ops\":[\"encrypt\"]"),
                OLD.jwk(",\"alg\":\"ES256\""));
    KeyList list = KeyList.parse(others.getBytes(StandardCharsets.UTF_8), false);
    assertThat(list.keys()).extracting(key -> key.getKeyID()).containsExactly("old");
    assertThat(list.of("ES384", Optional.of("old"))).isEmpty();
    KeyList named =
        KeyList.parse(
            ("{\"keys\":[" + OLD.jwk(",\"alg\":\"ES384\"") + "]}").getBytes(StandardCharsets.UTF_8),
            false);
    assertThat(named.of("ES256", Optional.of("old"))).as("it is for another one").isEmpty();
  }
}
