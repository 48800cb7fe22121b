package org.pgdeltastream.web.http;

import jakarta.ws.rs.WebApplicationException;
import java.lang.System.Logger.Level;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;

/** The one place that knows which status and word stand for which failure. */
public final class Errors {
  private static final System.Logger LOG = System.getLogger(Errors.class.getName());
  private static final int CAUSES = 20; // more than any server wraps; ends a circle of causes

  private static final String UPGRADE =
      "Open it with a websocket client. If one did, a proxy dropped its request for an upgrade: it"
          + " must speak HTTP/1.1 to this server and pass Upgrade and Connection on (nginx:"
          + " proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header"
          + " Connection upgrade)";

  private Errors() {}

  /** A failure in the client's words; one that nobody foresaw is logged here, once. */
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

  /** A failure that only its status tells, from JAX-RS or the container itself. */
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

  private static ErrorBody internal(Throwable failure) {
    String id = "%08x".formatted(ThreadLocalRandom.current().nextInt());
    LOG.log(Level.ERROR, "Internal error, id " + id, failure);
    return body(500, "internal", "internal error, id " + id);
  }

  private static ErrorBody body(int status, String code, String error) {
    return new ErrorBody(status, code, error, false, "");
  }

  private static ErrorBody of(ProblemException failure) {
    Kind kind = kind(failure.problem());
    String error = failure.getMessage();
    return new ErrorBody(
        kind.status, kind.code, error == null ? kind.code : error, kind.retry, failure.hint());
  }

  private static Kind kind(Problem problem) {
    return switch (problem) {
      case BAD_REQUEST -> last(400, "bad_request");
      case COLUMN_NOT_FOUND -> last(400, "column_not_found");
      case FORBIDDEN -> last(403, "forbidden");
      case SLOT_NOT_FOUND -> last(404, "slot_not_found");
      case TABLE_NOT_FOUND -> last(404, "table_not_found");
      case PUBLICATION_NOT_FOUND -> last(404, "publication_not_found");
      case PAYLOAD_TOO_LARGE -> last(413, "payload_too_large");
      case SLOT_BUSY -> again(409, "slot_busy");
      case SLOT_EXISTS -> last(409, "slot_exists");
      case SNAPSHOT_TABLE_REWRITTEN -> last(409, "snapshot_table_rewritten");
      case SNAPSHOT_EXPIRED -> last(410, "snapshot_expired");
      case UPSTREAM_UNAVAILABLE -> again(503, "upstream_unavailable");
      case UPSTREAM_BUSY -> again(503, "upstream_busy");
      case UPSTREAM_CONFIG -> last(503, "upstream_config");
      case SLOTS_EXHAUSTED -> again(503, "slots_exhausted");
      case PLUGIN_NOT_ALLOWED -> last(503, "plugin_not_allowed");
      case BLOCKED_BY_OPEN_TRANSACTION -> again(503, "blocked_by_open_transaction");
      case STREAMS_EXHAUSTED -> again(503, "streams_exhausted");
    };
  }

  private record Kind(int status, String code, boolean retry) {}

  /** The same request may succeed later. */
  private static Kind again(int status, String code) {
    return new Kind(status, code, true);
  }

  /** The same request fails until somebody changes something. */
  private static Kind last(int status, String code) {
    return new Kind(status, code, false);
  }
}
