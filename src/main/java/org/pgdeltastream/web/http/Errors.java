package org.pgdeltastream.web.http;

import jakarta.ws.rs.WebApplicationException;
import java.lang.System.Logger.Level;
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
      case BAD_REQUEST -> last(400, "bad_request", failure);
      case UNAUTHORIZED -> last(401, "unauthorized", failure);
      case COLUMN_NOT_FOUND -> last(400, "column_not_found", failure);
      case FORBIDDEN -> last(403, "forbidden", failure);
      case SLOT_NOT_FOUND -> last(404, "slot_not_found", failure);
      case TABLE_NOT_FOUND -> last(404, "table_not_found", failure);
      case PUBLICATION_NOT_FOUND -> last(404, "publication_not_found", failure);
      case PAYLOAD_TOO_LARGE -> last(413, "payload_too_large", failure);
      case SLOT_BUSY -> again(409, "slot_busy", failure);
      case SLOT_EXISTS -> last(409, "slot_exists", failure);
      case SNAPSHOT_TABLE_REWRITTEN -> last(409, "snapshot_table_rewritten", failure);
      case SNAPSHOT_EXPIRED -> last(410, "snapshot_expired", failure);
      case UPSTREAM_UNAVAILABLE -> again(503, "upstream_unavailable", failure);
      case UPSTREAM_BUSY -> again(503, "upstream_busy", failure);
      case UPSTREAM_CONFIG -> last(503, "upstream_config", failure);
      case SLOTS_EXHAUSTED -> again(503, "slots_exhausted", failure);
      case PLUGIN_NOT_ALLOWED -> last(503, "plugin_not_allowed", failure);
      case BLOCKED_BY_OPEN_TRANSACTION -> again(503, "blocked_by_open_transaction", failure);
      case BLOCKED_BY_UNACKNOWLEDGED_COMMIT ->
          again(503, "blocked_by_unacknowledged_commit", failure);
      case STREAMS_EXHAUSTED -> again(503, "streams_exhausted", failure);
      case FEED_NOT_FOUND -> last(404, "feed_not_found", failure);
      case IDENTITY_INSUFFICIENT -> last(409, "identity_insufficient", failure);
      case FEED_EXISTS -> last(409, "feed_exists", failure);
      case MUST_REFETCH -> last(410, "must_refetch", failure);
      case SUBSCRIBERS_EXHAUSTED -> again(503, "subscribers_exhausted", failure);
      case TOO_MANY_REQUESTS -> again(429, "too_many_requests", failure);
    };
  }

  /** The same request may succeed later. */
  private static ErrorBody again(int status, String code, ProblemException failure) {
    return new ErrorBody(status, code, text(failure, code), true, failure.hint());
  }

  /** The same request fails until somebody changes something. */
  private static ErrorBody last(int status, String code, ProblemException failure) {
    return new ErrorBody(status, code, text(failure, code), false, failure.hint());
  }

  private static String text(ProblemException failure, String code) {
    return Objects.requireNonNullElse(failure.getMessage(), code);
  }
}
