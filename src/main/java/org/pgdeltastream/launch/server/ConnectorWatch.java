package org.pgdeltastream.launch.server;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Ends the process where it would live on and take no connection: Tomcat's threads that accept and
 * poll connections die of an OutOfMemoryError, and nothing starts them again.
 */
public final class ConnectorWatch implements AutoCloseable {
  /** As with {@code -XX:+ExitOnOutOfMemoryError}. */
  static final int STATUS = 3;

  private static final byte[] REASON =
      ("pgdeltastream: a thread that takes connections is dead, most likely of an OutOfMemoryError;"
              + " the process ends, to be started again. Give it more memory (-Xmx)\n")
          .getBytes(StandardCharsets.US_ASCII);
  private static final Pattern NAME = Pattern.compile("https?-.+-(Acceptor|Poller)\\d*");
  private static final int CHECK_MILLIS = 500;
  private static final int STOP_MILLIS = 10_000;

  private final Thread[] watched;
  private final Runnable end;
  private volatile boolean closed;

  private ConnectorWatch(Thread[] watched, Runnable end) {
    this.watched = watched;
    this.end = end;
  }

  /** Watches the threads that Tomcat has now. */
  public static ConnectorWatch start() {
    Thread stop = new Thread(() -> System.exit(STATUS), "exit"); // later there may be no memory
    OutputStream log = new FileOutputStream(FileDescriptor.err);
    return start(threads(), () -> exit(log, stop));
  }

  public static ConnectorWatch start(List<Thread> watched, Runnable end) {
    ConnectorWatch watch = new ConnectorWatch(watched.toArray(Thread[]::new), end);
    Thread thread = new Thread(watch::run, "connector watch");
    thread.setDaemon(true);
    thread.start();
    return watch;
  }

  /** Those of all connectors in this process. */
  static List<Thread> threads() {
    ThreadGroup top = Thread.currentThread().getThreadGroup();
    while (top.getParent() != null) {
      top = top.getParent();
    }
    Thread[] all = new Thread[top.activeCount() * 2 + 64];
    int count = top.enumerate(all);
    return Stream.of(all)
        .limit(count)
        .filter(thread -> NAME.matcher(thread.getName()).matches())
        .toList();
  }

  /** Allocates nothing, since there may be no memory when it is needed. */
  private void run() {
    int at = 0;
    while (!closed && watched.length > 0) {
      try {
        watched[at].join(CHECK_MILLIS);
        if (!watched[at].isAlive() && !closed) {
          end.run();
          return;
        }
        at = (at + 1) % watched.length;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (OutOfMemoryError e) {
        at = 0; // the next check finds the thread that is dead
      }
    }
  }

  /** Logs the reason and closes the clients, as far as there is memory for it. */
  private static void exit(OutputStream log, Thread stop) {
    try {
      log.write(REASON);
      stop.start();
      stop.join(STOP_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      return; // to the end
    } finally {
      Runtime.getRuntime().halt(STATUS);
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}
