package org.pgdeltastream.web.socket;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import jakarta.servlet.ServletInputStream;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.WebConnection;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.delivery.CloseReason;

/** On a connection whose readiness the test decides. */
class FrameSubscriberTest {
  private static final Duration SEND_TIMEOUT = Duration.ofSeconds(5);

  private final Connection connection = new Connection();
  private final FrameSubscriber subscriber;

  FrameSubscriberTest() throws IOException {
    subscriber = new FrameSubscriber(connection, SEND_TIMEOUT);
  }

  @Test
  void gathersMessagesUntilItIsFlushed() throws IOException {
    send("a");
    send("b");
    assertThat(connection.written()).isEmpty();

    subscriber.flush();

    assertThat(connection.written()).isEqualTo("\u0081\u0001a\u0081\u0001b");
    assertThat(connection.writes.get()).isEqualTo(1);
    assertThat(connection.flushes.get()).isEqualTo(1);
  }

  @Test
  void flushesNothingWhereNothingWasSent() throws IOException {
    connection.ready = false; // it would wait
    subscriber.flush();
    assertThat(connection.flushes.get()).isZero();
  }

  @Test
  void waitsUntilAWriteIsPossible() throws Exception {
    connection.ready = false;
    send("a");
    CompletableFuture<Void> flush = run(subscriber::flush);
    await("the flush to ask").until(() -> connection.asked.get() > 0);
    assertThat(flush).isNotDone();

    connection.ready = true;
    subscriber.onWritePossible();

    flush.get(20, TimeUnit.SECONDS);
    assertThat(connection.written()).isEqualTo("\u0081\u0001a");
  }

  @Test
  void takesACallThatWasMeantForAnEarlierQuestionForNoAnswer() throws Exception {
    subscriber.onWritePossible();
    subscriber.onWritePossible();
    connection.ready = false;
    send("a");
    CompletableFuture<Void> flush = run(subscriber::flush);
    await("the flush to ask").until(() -> connection.asked.get() > 0);
    subscriber.onWritePossible(); // and yet it is not
    assertThat(flush).isNotDone();
    connection.ready = true;
    subscriber.onWritePossible();
    flush.get(20, TimeUnit.SECONDS);
  }

  @Test
  void endsASendThatWaitsWhenTheConnectionIsCut() throws Exception {
    connection.ready = false;
    send("a");
    CompletableFuture<Void> flush = run(subscriber::flush);
    await("the flush to ask").until(() -> connection.asked.get() > 0);

    subscriber.cut();

    assertThatThrownBy(() -> flush.get(20, TimeUnit.SECONDS))
        .hasRootCauseMessage("The connection is closed");
    assertThat(connection.closed).isTrue();
    assertThatThrownBy(() -> send("b")).isInstanceOf(IOException.class);
  }

  @Test
  void cutsTheConnectionWhereTheCloseFrameCannotGetThrough() throws Exception {
    connection.ready = false;
    send("a");
    CompletableFuture<Void> flush = run(subscriber::flush);
    await("the flush to ask").until(() -> connection.asked.get() > 0);

    subscriber.close(CloseReason.SLOW_SUBSCRIBER, "a send made no progress");

    assertThatThrownBy(() -> flush.get(20, TimeUnit.SECONDS)).isNotNull();
    assertThat(connection.closed).isTrue();
    assertThat(connection.written()).isEmpty();
  }

  @Test
  void tellsAClientThatStoodStillOnceItReadsAgainAndFreesItsSenderBefore() throws Exception {
    connection.ready = false;
    byte[] large = "x".repeat(20_000).getBytes(UTF_8); // more than is gathered
    CompletableFuture<Void> send = run(() -> subscriber.sendLast(large, 0, large.length));
    await("the send to ask").until(() -> connection.asked.get() > 0);
    CompletableFuture<Void> close =
        run(() -> subscriber.close(CloseReason.SLOW_SUBSCRIBER, "a send made no progress"));

    assertThatThrownBy(() -> send.get(5, TimeUnit.SECONDS)).isNotNull();
    assertThat(connection.closed).isFalse();
    connection.ready = true;
    subscriber.onWritePossible();

    assertThat(connection.written())
        .as("a whole frame, of which more would follow, and the close")
        .matches("(?s)\u0001~..x+\u0088.\u000F\u00A3slow_consumer: a send made no progress");
    subscriber.answerClose(new byte[0]);
    close.get(5, TimeUnit.SECONDS);
    assertThat(connection.closed).isTrue();
  }

  @Test
  void takesEachPieceForProgress() throws Exception {
    long before = System.nanoTime();
    send("a");
    assertThat(subscriber.hasMovedSince(System.nanoTime())).isFalse();
    subscriber.flush();
    assertThat(subscriber.hasMovedSince(before)).isTrue();
  }

  @Test
  void saysGoodbyeAndWaitsForTheAnswer() throws Exception {
    CompletableFuture<Void> close = run(() -> subscriber.close(CloseReason.SLOT_BUSY, "taken"));
    await("the close frame").until(() -> connection.written().contains("slot_busy: taken"));
    assertThat(connection.closed).isFalse();

    subscriber.answerClose(new byte[0]);

    close.get(20, TimeUnit.SECONDS);
    assertThat(connection.written()).isEqualTo("\u0088\u0012\u000F\u00A2slot_busy: taken");
    assertThat(connection.closed).isTrue();
  }

  @Test
  void beginsToCloseAClientThatDoesNotReadWithoutWaiting() throws Exception {
    connection.ready = false;
    send("a");
    CompletableFuture<Void> flush = run(subscriber::flush);
    await("the flush to ask").until(() -> connection.asked.get() > 0);

    subscriber.sendClose(CloseReason.SERVICE_RESTART, "stops");
    assertThat(flush).isNotDone();
    connection.ready = true;
    subscriber.onWritePossible();

    flush.get(20, TimeUnit.SECONDS);
    assertThat(connection.written()).startsWith("\u0081\u0001a\u0088").endsWith(": stops");
    assertThat(connection.closed).as("before the answer").isFalse();
    subscriber.awaitClosed(Duration.ZERO);
    assertThat(connection.closed).isTrue();
  }

  @Test
  void answersAPingFromTheContainersThreadWithoutWaiting() {
    subscriber.answerPing("x".getBytes(UTF_8));
    assertThat(connection.written()).isEqualTo("\u008A\u0001x");
    assertThat(connection.flushes.get()).isEqualTo(1);

    connection.ready = false;
    subscriber.answerPing("y".getBytes(UTF_8));
    subscriber.answerPing("z".getBytes(UTF_8));
    assertThat(connection.written()).isEqualTo("\u008A\u0001x");
    connection.ready = true;
    subscriber.onWritePossible();
    assertThat(connection.written()).isEqualTo("\u008A\u0001x\u008A\u0001z");
  }

  @Test
  void answersAtTheEndOfAFrameThatIsBeingSent() throws Exception {
    connection.ready = false;
    byte[] large = "x".repeat(20_000).getBytes(UTF_8); // more than is gathered
    CompletableFuture<Void> send = run(() -> subscriber.sendLast(large, 0, large.length));
    await("the send to ask").until(() -> connection.asked.get() > 0);
    subscriber.answerPing("p".getBytes(UTF_8));
    subscriber.answerClose(new byte[] {0x03, (byte) 0xE8});
    connection.ready = true;
    subscriber.onWritePossible();
    send.get(20, TimeUnit.SECONDS);

    assertThat(connection.written()).endsWith("x\u008A\u0001p\u0088\u0002\u0003\u00E8");
    assertThat(connection.closed).isTrue();
  }

  @Test
  void endsTheConnectionOnceAClientsGoodbyeIsAnswered() {
    subscriber.answerClose(new byte[] {0x0F, (byte) 0xA1});
    assertThat(connection.written()).isEqualTo("\u0088\u0002\u000F\u00A1");
    assertThat(connection.closed).isTrue();
  }

  @Test
  void refusesAClientAsSoonAsAWriteIsPossible() {
    connection.ready = false;
    subscriber.refuse(CloseReason.LIMIT, "full");
    assertThat(connection.closed).isFalse();

    connection.ready = true;
    subscriber.onWritePossible();

    assertThat(connection.written()).contains("limit: full");
    assertThat(connection.closed).isTrue();
  }

  private void send(String text) throws IOException {
    subscriber.sendLast(text.getBytes(UTF_8), 0, text.length());
  }

  private interface Step {
    void run() throws IOException;
  }

  private static CompletableFuture<Void> run(Step step) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            step.run();
          } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        });
  }

  private static final class Connection implements WebConnection {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private volatile boolean ready = true;
    private volatile boolean closed;
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger writes = new AtomicInteger();
    private final AtomicInteger flushes = new AtomicInteger();

    String written() {
      return bytes.toString(ISO_8859_1);
    }

    @Override
    public ServletInputStream getInputStream() {
      throw new UnsupportedOperationException();
    }

    @Override
    public ServletOutputStream getOutputStream() {
      return new Output();
    }

    @Override
    public void close() {
      closed = true;
    }

    private final class Output extends ServletOutputStream {
      @Override
      public boolean isReady() {
        asked.incrementAndGet();
        return ready;
      }

      @Override
      public void setWriteListener(WriteListener listener) {}

      @Override
      public void write(int one) {
        throw new UnsupportedOperationException();
      }

      @Override
      public void write(byte[] from, int start, int length) {
        if (!ready) {
          throw new IllegalStateException("no write is possible");
        }
        writes.incrementAndGet();
        bytes.write(from, start, length);
      }

      @Override
      public void flush() {
        if (!ready) {
          throw new IllegalStateException("no flush is possible");
        }
        flushes.incrementAndGet();
      }
    }
  }
}
