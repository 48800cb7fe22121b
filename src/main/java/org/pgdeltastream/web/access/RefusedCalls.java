package org.pgdeltastream.web.access;

import static java.lang.System.Logger.Level.INFO;

import jakarta.servlet.http.HttpServletRequest;
import java.util.concurrent.TimeUnit;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.web.http.ErrorBody;

/** Logs refused calls: at most ten lines in ten seconds, however many there are. */
final class RefusedCalls {
  private static final System.Logger LOG = System.getLogger(RefusedCalls.class.getName());
  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final int AT_ONCE = 10;

  private long since = System.nanoTime();
  private int logged;
  private long unreported;

  void log(HttpServletRequest request, ErrorBody refusal) {
    long hidden = unloggedBefore(System.nanoTime());
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

  /** How many were not logged before this one; negative if this one is not logged either. */
  synchronized long unloggedBefore(long now) {
    if (now - since > PAUSE_NANOS) {
      since = now;
      logged = 0;
    }
    if (logged >= AT_ONCE) {
      unreported++;
      return -1;
    }
    logged++;
    long before = unreported;
    unreported = 0;
    return before;
  }
}
