package org.pgdeltastream.launch.remote;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What is done at Ctrl-C or SIGTERM; the process then ends with this status, where the JVM would
 * take 130 or 143.
 */
final class AtExit {
  private final AtomicBoolean over = new AtomicBoolean();

  AtExit(int status, Runnable work) {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  if (over.compareAndSet(false, true)) {
                    work.run();
                    Runtime.getRuntime().halt(status);
                  }
                },
                "at exit"));
  }

  /** It is not needed any more. */
  void cancel() {
    over.set(true);
  }
}
