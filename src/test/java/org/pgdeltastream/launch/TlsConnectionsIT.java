package org.pgdeltastream.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pgdeltastream.support.Certificates;
import org.pgdeltastream.support.Jcmd;
import org.pgdeltastream.support.ManySockets;
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.StreamClient;
import org.pgdeltastream.support.TestDatabase;

/** Connections that ask for nothing, or never finish TLS: they end in time, and hold nobody up. */
@Tag("nightly")
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class TlsConnectionsIT {
  private static final int MANY = 1_500;
  private static final int FEW = 200; // that the 10 s of the first are not over with the last
  private static final int LARGEST = 120 << 10; // as Connections has it
  private static final Duration ATTACK = Duration.ofSeconds(30);
  // Handshakes by the thousand take all processors for a while: 5 s, on a machine that is busy.
  private static final Duration SOON = Duration.ofSeconds(15);
  private static final Duration END = Duration.ofSeconds(25); // after 10 s, and what the test takes
  private static final Pattern USED = Pattern.compile("used (\\d+)K");

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path directory;

  private TestDatabase database;
  private Certificates.Pair pair;

  /** What a client sends before it stops. */
  enum Sent {
    NOTHING,
    HALF_A_HELLO,
    HELLO,
    /** A message of the handshake that says it is long, and of which little comes. */
    LONG_HELLO
  }

  @BeforeEach
  void start() throws Exception {
    Certificates.mustBeAtHand("TlsConnectionsIT");
    assumeTrue(ManySockets.mostFiles() > 2 * MANY, "a process may open too few files here");
    pair = Certificates.make(directory, "server");
    database = TestDatabase.embedded();
    database.execute("create table t (id int primary key)");
    database.execute("create publication p for table t");
  }

  @AfterEach
  void stopDatabase() throws Exception {
    if (database != null) {
      database.close();
    }
  }

  private Program program(String heap) throws IOException {
    return Program.start(database, database.port(), heap, directory, pair.settings());
  }

  private byte[] bytes(Sent what) throws SSLException {
    SSLEngine engine = Certificates.trusting(pair.certificate()).createSSLEngine("localhost", 443);
    engine.setUseClientMode(true);
    ByteBuffer record = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    engine.wrap(ByteBuffer.allocate(0), record);
    byte[] hello = Arrays.copyOf(record.array(), record.position());
    return switch (what) {
      case NOTHING -> new byte[0];
      case HALF_A_HELLO -> Arrays.copyOf(hello, hello.length / 2);
      case HELLO -> hello;
      case LONG_HELLO -> // type, version, length; of the message: type, length
          ByteBuffer.allocate(5 + 16_000)
              .put(HexFormat.of().parseHex("160301"))
              .putShort((short) 16_000)
              .put(HexFormat.of().parseHex("01007d00"))
              .array();
    };
  }

  @ParameterizedTest
  @EnumSource
  void thatDoNotFinishTlsEndAndHoldUpNobody(Sent sent) throws Exception {
    byte[] bytes = bytes(sent);
    try (Program program = program("256m");
        StreamClient client = stream(program);
        ManySockets attack = new ManySockets(program.port())) {
      long before = heapInUse(program);
      assertThat(attack.open(MANY, bytes, ATTACK)).isEqualTo(MANY);
      assertComesSoon(client, 1);
      assertThat(program.get("/v1/ping").statusCode()).isEqualTo(200);
      report(sent.name(), MANY, before, heapInUse(program));
      await("their end").atMost(END).until(() -> attack.closedByServer() == MANY);
      assertComesSoon(client, 2);
      assertThat(program.stop()).doesNotContain("OutOfMemoryError");
    }
  }

  @Test
  void thatFinishTlsAndSendHalfAHeaderFitIntoTheHeap() throws Exception {
    SSLContext trusting = Certificates.trusting(pair.certificate());
    List<SSLSocket> sockets = new ArrayList<>();
    try (Program program = program("256m");
        StreamClient client = stream(program)) {
      long before = heapInUse(program);
      long start = System.nanoTime();
      String half = "GET /v1/ping HTTP/1.1\r\nHost: localhost\r\nX-Half: " + "x".repeat(7_000);
      for (int i = 0; i < FEW; i++) {
        sockets.add(connect(trusting.getSocketFactory(), program.port(), half));
      }
      long each = report("half a header", FEW, before, heapInUse(program));
      assertThat(each).isLessThan(LARGEST);
      if (System.nanoTime() - start < TimeUnit.SECONDS.toNanos(9)) { // none has timed out
        assertThat(each).as("all of them were measured").isGreaterThan(LARGEST / 3);
      }
      assertComesSoon(client, 1);
      assertThat(program.get("/v1/ping").statusCode()).isEqualTo(200);
      assertThat(sockets.get(FEW - 1).getInputStream().read()).as("closed").isEqualTo(-1);
      assertThat(program.stop()).doesNotContain("OutOfMemoryError");
    } finally {
      for (SSLSocket socket : sockets) {
        socket.close();
      }
    }
  }

  private static SSLSocket connect(SSLSocketFactory factory, int port, String sent)
      throws IOException {
    SSLSocket socket = (SSLSocket) factory.createSocket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout((int) END.toMillis());
    socket.getOutputStream().write(sent.getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  @Test
  void thatAreMoreThanFitWaitUntilOthersTimeOut() throws Exception {
    byte[] hello = bytes(Sent.HELLO);
    try (Program program = program("256m");
        StreamClient client = stream(program);
        ManySockets attack = new ManySockets(program.port())) {
      int connected = attack.open(2 * MANY, hello, Duration.ofSeconds(5));
      assertComesSoon(client, 1);
      await("a place") // of a connection that the system has not even taken yet
          .atMost(Duration.ofSeconds(90))
          .ignoreExceptionsInstanceOf(IOException.class)
          .until(() -> program.get("/v1/ping").statusCode() == 200);
      assertThat(connected).isLessThan(2 * MANY);
      assertThat(program.stop())
          .doesNotContain("OutOfMemoryError")
          .contains("connections fit at once");
    }
  }

  private void assertComesSoon(StreamClient client, int id) throws Exception {
    long start = System.nanoTime();
    database.execute("insert into t values (" + id + ")");
    assertThat(client.nextWithChange()).contains("\"columnvalues\":[" + id + "]");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(SOON);
  }

  private static StreamClient stream(Program program) throws Exception {
    program.post("/v1/init?slotName=delta_s&publication=p", "");
    return new StreamClient(program.client(), program.streamUrl("delta_s"));
  }

  private static long report(String sent, int count, long before, long after) {
    long each = (after - before) * 1024 / count;
    System.out.printf(
        "%d connections, %s: %d KB, then %d KB of heap, %d bytes each%n",
        count, sent, before, after, each);
    return each;
  }

  /** What is left after a collection, in KB. */
  private static long heapInUse(Program program) throws Exception {
    Jcmd.ask(program.pid(), "GC.run");
    Matcher used = USED.matcher(Jcmd.ask(program.pid(), "GC.heap_info"));
    assertThat(used.find()).isTrue();
    return Long.parseLong(used.group(1));
  }
}
