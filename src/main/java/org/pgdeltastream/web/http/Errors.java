package org.pgdeltastream.web.http;

import jakarta.ws.rs.WebApplicationException;
import java.lang.System.Logger.Level;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.ProblemException;

/** Which status and code stand for which failure. */
public final class Errors {
  private static final System.Logger LOG = System.getLogger(Errors.class.getName());
  private static final int CAUSES = 20; // more than any server wraps; ends a circle of causes

  private static final String UPGRADE =
      "Open it with a websocket client. If one did, a proxy dropped its request for an upgrade: it"
          + " must speak HTTP/1.1 to this server and pass Upgrade and Connection on (nginx:"
          + " proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header"
          + " Connection upgrade)";

  private Errors() {}

  /** The answer to a failure; an unexpected one is logged here, once. */
  public static ErrorBody of(Throwable failure) {
    @Nullable Throwable cause = failure;
    for (int i = 0; i < CAUSES && cause != null; i++) { // some servers wrap in EJBException
      if (cause instanceof ProblemException problem) {
        return of(problem);
      }
      if (cause instanceof WebApplicationException refused) {
        return ofStatus(refused.getResponse().getStatus(), failure);
      }
      cause = cause.getCause();
    }
    return internal(failure);
  }

  /** A failure known only by its status, from JAX-RS or the container itself. */
  public static ErrorBody ofStatus(int status, @Nullable Throwable failure) {
    return switch (status) {
      case 401 -> body(status, "unauthorized", "A token is needed");
      case 403 -> body(status, "forbidden", "This request is not allowed");
      case 404 -> body(status, "not_found", "There is nothing at this path");
      case 405 -> body(status, "method_not_allowed", "This path does not take this method");
      case 406 -> body(status, "bad_request", "Only application/json can be answered here");
      case 413 -> body(status, "payload_too_large", "The body is too large");
      case 426 ->
          new ErrorBody(status, "upgrade_required", "This path speaks websocket", false, UPGRADE);
      case 429 -> new ErrorBody(status, "too_many_requests", "Too many requests", true, "");
      case 503 -> new ErrorBody(status, "upstream_busy", "The server is not ready", true, "");
      default ->
          status >= 400 && status < 500
              ? body(status, "bad_request", "The request is not well-formed (" + status + ")")
              : internal(failure == null ? new IllegalStateException("Status " + status) : failure);
    };
  }

  /** A failure that nobody foresaw: logged, and named to the client by its id alone. */
  public static ErrorBody internal(Throwable failure) {
    String id = "%08x".formatted(ThreadLocalRandom.current().nextInt());
    LOG.log(Level.ERROR, "Internal error, id " + id, failure);
    return body(500, "internal", "internal error, id " + id);
  }

  private static ErrorBody body(int status, String code, String error) {
    return new ErrorBody(status, code, error, false, "");
  }

  private static ErrorBody of(ProblemException failure) {
    return switch (failure.problem()) {
      case BAD_REQUEST, COLUMN_NOT_FOUND -> last(400, failure);
      case UNAUTHORIZED -> last(401, failure);
      case FORBIDDEN -> last(403, failure);
      case SLOT_NOT_FOUND, TABLE_NOT_FOUND, PUBLICATION_NOT_FOUND, FEED_NOT_FOUND ->
          last(404, failure);
      case SLOT_BUSY -> again(409, failure);
      case SLOT_EXISTS,
          FEED_EXISTS,
          NOTHING_LOST,
          SNAPSHOT_TABLE_REWRITTEN,
          IDENTITY_INSUFFICIENT ->
          last(409, failure);
      case SNAPSHOT_EXPIRED, MUST_REFETCH -> last(410, failure);
      case PAYLOAD_TOO_LARGE -> last(413, failure);
      case TOO_MANY_REQUESTS -> again(429, failure);
      case UPSTREAM_CONFIG, PLUGIN_NOT_ALLOWED -> last(503, failure);
      case UPSTREAM_UNAVAILABLE,
          JOURNAL_UNAVAILABLE,
          UPSTREAM_BUSY,
          SLOTS_EXHAUSTED,
          STREAMS_EXHAUSTED,
          SUBSCRIBERS_EXHAUSTED,
          BLOCKED_BY_OPEN_TRANSACTION,
          BLOCKED_BY_UNACKNOWLEDGED_COMMIT ->
          again(503, failure);
    };
  }

  /** The same request may succeed later. */
  private static ErrorBody again(int status, ProblemException failure) {
    return body(status, true, failure);
  }

  /** The same request fails until somebody changes something. */
  private static ErrorBody last(int status, ProblemException failure) {
    return body(status, false, failure);
  }

  /** The code is the problem's name. */
  private static ErrorBody body(int status, boolean retry, ProblemException failure) {
    String code = failure.problem().name().toLowerCase(Locale.ROOT);
    String text = Objects.requireNonNullElse(failure.getMessage(), code);
    return new ErrorBody(status, code, text, retry, failure.hint());
  }
}
