package org.pgdeltastream.support;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.delivery.Subscriber;

/**
 * Believes nothing: each writer's numbers must come one after the other, each once, and positions
 * must grow. It keeps where it is over connections, as an application does that stores the position
 * with its data; each connection is a receiver of its own.
 */
public final class VerifyingClient {
  private static final Pattern ROW = Pattern.compile("\"columnvalues\":\\[(\\d+),(\\d+),");
  private static final Pattern NEXT_LSN = Pattern.compile("\"nextlsn\":\"([^\"]+)\"");

  private final Map<Integer, Long> lastOfWriter = new TreeMap<>();
  private final AtomicReference<@Nullable String> fault = new AtomicReference<>();
  private Lsn position = Lsn.NONE;
  private long transactions;
  private volatile long pauseMillis;

  /** Where it is: what it was sent completely. */
  public synchronized Lsn position() {
    return position;
  }

  public synchronized long last(int writer) {
    return lastOfWriter.getOrDefault(writer, 0L);
  }

  public synchronized long transactions() {
    return transactions;
  }

  /** What it found wrong; empty if nothing. */
  public String fault() {
    return String.valueOf(fault.get()).replaceFirst("^null$", "");
  }

  /** The next send takes this long. */
  public void pause(long milliseconds) {
    pauseMillis = milliseconds;
  }

  public Receiver connect() {
    return new Receiver();
  }

  private synchronized void whole(Receiver receiver, String message) throws IOException {
    if (receiver.closed) {
      throw new IOException("closed");
    }
    Matcher end = NEXT_LSN.matcher(message);
    if (!end.find()) {
      return; // an answer, no transaction
    }
    Lsn next = Lsn.parse(end.group(1));
    if (!next.isAfter(position)) {
      fault.compareAndSet(null, next + " comes after " + position);
    }
    position = next;
    transactions++;
    Matcher row = ROW.matcher(message);
    while (row.find()) {
      int writer = Integer.parseInt(row.group(1));
      long number = Long.parseLong(row.group(2));
      long expected = last(writer) + 1;
      if (number != expected) {
        fault.compareAndSet(
            null, "writer %d: want %d, got %d at %s".formatted(writer, expected, number, next));
      }
      lastOfWriter.put(writer, number);
    }
  }

  /** One connection; what is half sent when it ends is thrown away. */
  public final class Receiver implements Subscriber {
    private final StringBuilder open = new StringBuilder();
    private volatile boolean closed;
    private volatile boolean ended;

    @Override
    public void sendPart(byte[] bytes, int start, int length) throws IOException {
      if (pauseMillis > 0) {
        long time = pauseMillis;
        pauseMillis = 0;
        java.util.concurrent.locks.LockSupport.parkNanos(time * 1_000_000);
      }
      if (closed) {
        throw new IOException("closed");
      }
      open.append(new String(bytes, start, length, StandardCharsets.UTF_8));
    }

    @Override
    public void sendLast(byte[] bytes, int start, int length) throws IOException {
      sendPart(bytes, start, length);
      whole(this, open.toString());
      open.setLength(0);
    }

    @Override
    public void flush() {}

    @Override
    public void ping() {}

    @Override
    public void sendClose(CloseReason reason, String detail) {
      close(reason, detail);
    }

    @Override
    public void awaitClosed(Duration limit) {}

    @Override
    public void close(CloseReason why, String detail) {
      closed = true;
      ended = true;
    }

    /** A piece of text, as a websocket library hands it over. */
    public void text(CharSequence part, boolean last) {
      open.append(part);
      if (last) {
        String message = open.toString();
        open.setLength(0);
        try {
          whole(this, message);
        } catch (IOException e) {
          // it has vanished: this does not count
        }
      }
    }

    /** Its connection has ended. */
    public void lost() {
      ended = true;
    }

    /** Goes away without a word: from now on nothing counts as received. */
    public void vanish() {
      synchronized (VerifyingClient.this) {
        closed = true;
      }
    }

    /** The server closed it, or its connection was lost. */
    public boolean hasEnded() {
      return ended;
    }
  }
}
