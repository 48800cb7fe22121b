package org.pgdeltastream.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the client does where it is refused: a server that answers what the test says. */
class RefusedClientTest {
  private static final String FINAL =
      "{\"error\":\"Unknown option\",\"code\":\"bad_request\",\"retry\":false,\"hint\":\"Look\"}";

  /** A proxy's page, or another program: what it says of retrying is unknown. */
  @ParameterizedTest
  @CsvSource({
    "301, false",
    "400, false",
    "403, false",
    "404, true",
    "408, true",
    "425, true",
    "429, true",
    "500, true",
    "502, true"
  })
  void comesAgainWhereAnAnswerThatIsNotTheServersMayPass(int status, boolean again) {
    assertThat(DeltaException.refused(status, "<html>", 0).retry()).isEqualTo(again);
  }

  private record Answer(int status, String retryAfter, String body) {}

  private final Deque<Answer> answers = new ArrayDeque<>();
  private final List<String> asked = new ArrayList<>();
  private final List<Long> times = new ArrayList<>();
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private synchronized void answer(HttpExchange exchange) throws IOException {
    times.add(System.nanoTime());
    asked.add(
        exchange.getRequestURI() + " " + exchange.getRequestHeaders().getFirst("Authorization"));
    Answer answer = answers.size() > 1 ? answers.pop() : answers.getFirst();
    byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
    if (!answer.retryAfter().isEmpty()) {
      exchange.getResponseHeaders().set("Retry-After", answer.retryAfter());
    }
    exchange.sendResponseHeaders(answer.status(), body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  private DeltaClient client() {
    return DeltaClient.at("http://127.0.0.1:" + server.getAddress().getPort() + "/below/");
  }

  private static DeltaException failure(StreamBuilder plan) {
    return catchThrowableOfType(
        DeltaException.class,
        () -> {
          try (DeltaStream stream = plan.open()) {
            stream.poll(Duration.ofSeconds(30));
          }
        });
  }

  @Test
  void comesAgainWhereWaitingHelpsAsLateAsItIsAskedTo() {
    answers.add(
        new Answer(503, "1", "{\"error\":\"busy\",\"code\":\"upstream_busy\",\"retry\":true}"));
    answers.add(new Answer(502, "", "<html>Bad gateway</html>"));
    answers.add(new Answer(429, "1", ""));
    answers.add(new Answer(400, "", FINAL));
    List<String> losses = new ArrayList<>();
    DeltaException failure =
        failure(client().slot("delta_a").onLoss(loss -> losses.add(loss.code())));

    assertThat(losses).containsExactly("upstream_busy", "http_502", "http_429");
    assertThat(failure).hasMessage("Unknown option");
    assertThat(failure.code()).isEqualTo("bad_request");
    assertThat(failure.status()).isEqualTo(400);
    assertThat(failure.retry()).isFalse();
    assertThat(failure.hint()).contains("Look");
    assertThat(asked).hasSize(4);
    assertThat(times.get(1) - times.get(0)).isGreaterThan(1_000_000_000L);
    assertThat(times.get(3) - times.get(2)).isGreaterThan(1_000_000_000L);
  }

  @Test
  void asksForTheTokenBeforeEachTryAndGivesUpWhereTheSecondIsRefusedToo() {
    answers.add(
        new Answer(401, "", "{\"error\":\"no\",\"code\":\"unauthorized\",\"retry\":false}"));
    List<String> tokens = new ArrayList<>();
    DeltaException failure =
        failure(
            client()
                .token(
                    () -> {
                      tokens.add("t" + tokens.size());
                      return tokens.get(tokens.size() - 1);
                    })
                .slot("delta_a"));
    assertThat(failure.code()).isEqualTo("unauthorized");
    assertThat(asked)
        .containsExactly(
            "/below/v1/lr/stream?slotName=delta_a Bearer t0",
            "/below/v1/lr/stream?slotName=delta_a Bearer t1");
  }

  @Test
  void aCallAsksForATokenOnceMore() throws Exception {
    answers.add(new Answer(401, "", ""));
    answers.add(new Answer(200, "", "[]"));
    List<String> tokens = new ArrayList<>(List.of("new", "old"));
    String answer = client().token(() -> tokens.remove(tokens.size() - 1)).call("GET", "slots");
    assertThat(answer).isEqualTo("[]");
    assertThat(asked).containsExactly("/below/v1/slots Bearer old", "/below/v1/slots Bearer new");
  }

  @Test
  void comesAgainWhereTheTokensSupplierFailsForNow() {
    answers.add(new Answer(400, "", FINAL));
    List<String> losses = new ArrayList<>();
    DeltaException failure =
        failure(
            client()
                .token(
                    () -> {
                      if (losses.isEmpty()) {
                        throw new IllegalStateException("away");
                      }
                      return "t";
                    })
                .feed("main")
                .onLoss(loss -> losses.add(loss.getMessage())));
    assertThat(failure.code()).isEqualTo("bad_request");
    assertThat(losses).singleElement().asString().contains("away");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a\nb", "\u00e4"})
  void takesNoTokenThatNoHeaderCanCarry(String token) {
    DeltaException failure = failure(client().token(() -> token).slot("delta_a"));
    assertThat(failure.code()).isEqualTo("token");
    assertThat(failure.getMessage()).doesNotContain("a b");
    assertThat(asked).isEmpty();
  }

  @Test
  void writesEachOptionAsAnAddressNeedsIt() {
    answers.add(new Answer(400, "", FINAL));
    failure(
        client()
            .feed("main")
            .tables("public.orders", "a&b.*")
            .actions("insert")
            .option("values", "string")
            .from("7f.1.5d.0/A"));
    assertThat(asked)
        .containsExactly(
            "/below/v1/feeds/main/stream?add-tables=public.orders%2Ca%26b.*&actions=insert"
                + "&values=string&after=7f.1.5d.0%2FA null");
  }

  @Test
  void endsAtTheFirstLossIfItIsToldTo() throws IOException {
    stop();
    DeltaException failure = failure(client().slot("delta_a").withoutReconnect());
    assertThat(failure.code()).isEqualTo("lost");
    assertThat(failure.retry()).isTrue();
    start();
  }
}
