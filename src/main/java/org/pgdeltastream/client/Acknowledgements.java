package org.pgdeltastream.client;

import java.net.http.WebSocket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Sends the newest position of a connection, at most ten a second (the server takes 1,000), one
 * after the other. For any thread; it waits for nobody.
 */
final class Acknowledgements {
  private static final Executor SOON =
      CompletableFuture.delayedExecutor(100, TimeUnit.MILLISECONDS);

  private @Nullable WebSocket socket;
  private @Nullable String newest; // that was not sent yet
  private boolean isDue;
  private CompletableFuture<?> sending = CompletableFuture.completedFuture(null);

  /** The connection can send: also what was added before. */
  synchronized void opened(WebSocket open) {
    socket = open;
    sendSoon();
  }

  synchronized void add(String lsn) {
    newest = lsn;
    sendSoon();
  }

  private synchronized void sendSoon() {
    if (!isDue && newest != null && socket != null) {
      isDue = true;
      SOON.execute(this::sendDue);
    }
  }

  private synchronized void sendDue() {
    isDue = false;
    var unused = sendNow().thenRun(this::sendSoon);
  }

  /** Sends what was not sent yet; done when it has left, whether or not that worked. */
  synchronized CompletableFuture<?> sendNow() {
    WebSocket open = socket;
    String lsn = newest;
    if (open != null && lsn != null && sending.isDone()) {
      newest = null;
      sending = open.sendText("{\"lsn\":\"" + lsn + "\"}", true).handle((sent, problem) -> 0);
    }
    return sending;
  }
}
