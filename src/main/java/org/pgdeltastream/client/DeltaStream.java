package org.pgdeltastream.client;

import java.time.Duration;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Messages of a slot, a feed or a tail, in commit order, one at a time.
 *
 * <pre>{@code
 * try (DeltaStream stream = DeltaClient.at("http://127.0.0.1:12312").slot("delta_demo").open()) {
 *   for (Message message : stream) {
 *     apply(message.text());
 *   }
 * }
 * }</pre>
 *
 * <ul>
 *   <li><b>Done.</b> A message is done when the next one is asked for, or with {@link
 *       StreamBuilder#acknowledgeManually} when {@link #acknowledge} is called. The server is told
 *       within 100 ms. A loop that is left does not acknowledge its last message.
 *   <li><b>Reconnecting.</b> After a break it connects again, for ever, with random and growing
 *       pauses up to 20 s, and goes on behind what is done: that does not come again, and all else
 *       does. A tail begins anew instead; what came between is not shown.
 *   <li><b>Ending.</b> It throws {@link DeltaException} where coming again cannot help: a lost slot
 *       (4500), a refused token, a bad parameter; and {@link MustRefetchException} where a feed has
 *       not the position. After that it is closed.
 *   <li><b>Back-pressure.</b> One message waits here at most, and the server is asked for the next
 *       when that is taken. A server cuts a client off that takes nothing for 15 s
 *       (pgdelta.send-timeout): the stream then reconnects, and nothing is lost.
 *   <li><b>Threads.</b> One thread at a time asks for messages or acknowledges. Any may close.
 * </ul>
 */
public final class DeltaStream implements Iterable<Message>, AutoCloseable {
  private static final Duration LONG = Duration.ofDays(1);

  private final StreamBuilder plan;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Backoff backoff = new Backoff(() -> ThreadLocalRandom.current().nextDouble());
  private volatile @Nullable Connection connection;
  private volatile @Nullable String position;
  private @Nullable Message inHand; // these three are of the thread that asks for messages
  private String feedToken = "";
  private long nextTry;
  private boolean wasUnauthorized;

  DeltaStream(StreamBuilder plan) {
    this.plan = plan;
    this.position = plan.firstPosition().orElse(null);
    connect();
  }

  /**
   * The next message. Asking for it says that the last one is done, unless messages are
   * acknowledged manually.
   *
   * @param limit how long to wait for it
   * @return nothing if none came in time, or the stream is closed
   * @throws DeltaException where reconnecting does not help; the stream is then closed
   */
  public Optional<Message> poll(Duration limit) throws InterruptedException {
    Message last = inHand;
    if (last != null && !plan.isManual) {
      acknowledge(last);
    }
    inHand = null;
    long deadline = System.nanoTime() + limit.toNanos();
    long left = limit.toNanos();
    do {
      Optional<Message> message = look(Math.max(0, left));
      if (message.isPresent()) {
        inHand = message.get();
        return message;
      }
      left = deadline - System.nanoTime();
    } while (left > 0 && !isClosed());
    return Optional.empty();
  }

  /** One event, of which not each is a message. */
  private Optional<Message> look(long nanos) throws InterruptedException {
    Connection open = connection;
    if (open == null) {
      long pause = nextTry - System.nanoTime();
      boolean isClosed = closing.await(Math.min(pause, nanos), TimeUnit.NANOSECONDS);
      if (!isClosed && pause <= nanos) {
        connect();
      }
      return Optional.empty();
    }
    Connection.Event event = open.take(nanos);
    if (isClosed() || event == null) {
      return Optional.empty();
    }
    if (event instanceof Connection.End end) {
      lost(end.why());
      return Optional.empty();
    }
    return message(((Connection.Text) event).text());
  }

  private void connect() {
    if (isClosed()) {
      return;
    }
    try {
      Connection open = plan.client.connect(plan, position);
      connection = open;
      if (isClosed()) { // meanwhile
        open.close();
      }
    } catch (DeltaException e) { // of the token's supplier
      lost(e);
    }
  }

  private void lost(DeltaException why) {
    connection = null;
    boolean again = why.isAboutTheToken() ? !wasUnauthorized : why.retry(); // another token
    wasUnauthorized = why.isAboutTheToken();
    if (plan.isBrief || !again) {
      close();
      throw why;
    }
    nextTry = System.nanoTime() + backoff.next(why.retryAfter()).toNanos();
    plan.lossListener.accept(why);
  }

  private Optional<Message> message(String text) {
    try {
      if (plan.source == StreamBuilder.Source.FEED && isNotice(text)) {
        return Optional.empty();
      }
      wasUnauthorized = false;
      backoff.succeeded();
      return Optional.of(new Message(text, Positions.nextLsn(text).map(lsn -> feedToken + lsn)));
    } catch (IllegalArgumentException e) {
      close();
      throw DeltaException.ofCaller("not_json", "The server sent no JSON: " + e.getMessage(), e);
    }
  }

  /** What a feed says beside changes. */
  private boolean isNotice(String text) {
    Optional<String> hello = JsonText.member(text, "hello");
    if (hello.isPresent()) {
      feedToken = field(hello.get(), "token").map(token -> token + ".").orElse("");
      if (position == null || !Positions.isLsn(Positions.lsnOf(position))) { // "now"
        position = field(hello.get(), "start").map(start -> feedToken + start).orElse(position);
      }
      return true;
    }
    JsonText.member(text, "must-refetch")
        .ifPresent(
            refetch -> {
              close();
              throw MustRefetchException.of(refetch);
            });
    return JsonText.member(text, "live").isPresent()
        || JsonText.member(text, "token")
            .isPresent(); // which ends soon: the next connection's is new
  }

  private static Optional<String> field(String json, String name) {
    return JsonText.member(json, name).map(JsonText::string);
  }

  /**
   * Everything up to this message is done: it is saved in the {@link PositionStore}, and does not
   * come again. A message without a position, or before one that was acknowledged, changes nothing.
   */
  public void acknowledge(Message message) {
    String done = message.position().orElse(null);
    String before = position;
    if (done == null || (before != null && Positions.isReached(done, before))) {
      return;
    }
    if (plan.store != null) {
      plan.store.save(done);
    }
    position = done;
    Connection open = connection;
    if (open != null && plan.source == StreamBuilder.Source.SLOT) {
      open.acknowledge(done);
    }
  }

  /** Up to where all is done: what to store, and to pass to {@link StreamBuilder#from}. */
  public Optional<String> position() {
    return Optional.ofNullable(position);
  }

  /** Whether {@link #close} was called, or an exception ended it. */
  public boolean isClosed() {
    return closing.getCount() == 0;
  }

  /**
   * Ends within a second: the last acknowledgement is sent, and who waits for a message gets none.
   * For any thread.
   */
  @Override
  public void close() {
    closing.countDown();
    Connection open = connection;
    connection = null;
    if (open != null) {
      open.close();
    }
  }

  /**
   * Waits for each message. It ends when the stream is closed, and when the thread is interrupted:
   * the stream is then closed, and the thread still interrupted.
   */
  @Override
  public Iterator<Message> iterator() {
    return new Iterator<>() {
      private @Nullable Message next;

      @Override
      public boolean hasNext() {
        try {
          while (next == null && !isClosed()) {
            next = poll(LONG).orElse(null);
          }
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          close();
        }
        return next != null;
      }

      @Override
      public Message next() {
        Message message = hasNext() ? next : null;
        if (message == null) {
          throw new NoSuchElementException("The stream is closed");
        }
        next = null;
        return message;
      }
    };
  }
}
