package org.pgdeltastream.web.access;

import static java.lang.System.Logger.Level.INFO;

import jakarta.servlet.http.HttpServletRequest;
import java.util.concurrent.TimeUnit;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.web.http.ErrorBody;

/** Tells an operator who was not let in: a line now and then, however many try. */
final class RefusedCalls {
  private static final System.Logger LOG = System.getLogger(RefusedCalls.class.getName());
  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final int AT_ONCE = 10;

  private long since = System.nanoTime();
  private int told;
  private long unreported;

  void log(HttpServletRequest request, ErrorBody refusal) {
    long hidden = toTell(System.nanoTime());
    if (hidden >= 0) {
      LOG.log(
          INFO,
          "Refused with %d: %s from %s: %s%s"
              .formatted(
                  refusal.status(),
                  Shown.of(request.getMethod() + " " + request.getRequestURI()),
                  Shown.of(request.getRemoteAddr()),
                  refusal.error(),
                  hidden == 0 ? "" : " (and " + hidden + " calls before it)"));
    }
  }

  /** How many were not told before this one; negative if this one is not to be told either. */
  synchronized long toTell(long now) {
    if (now - since > PAUSE_NANOS) {
      since = now;
      told = 0;
    }
    if (told >= AT_ONCE) {
      unreported++;
      return -1;
    }
    told++;
    long before = unreported;
    unreported = 0;
    return before;
  }
}
