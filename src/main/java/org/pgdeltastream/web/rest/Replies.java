package org.pgdeltastream.web.rest;

import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import org.pgdeltastream.web.http.ErrorBody;

/** JAX-RS answers whose JSON is ready. As a stream: JSON binding would touch text and bytes. */
final class Replies {
  private Replies() {}

  static Response.ResponseBuilder of(ErrorBody error) {
    Response.ResponseBuilder reply = json(error.status(), out -> out.write(error.bytes()));
    if (!error.retryAfter().isEmpty()) {
      reply.header(HttpHeaders.RETRY_AFTER, error.retryAfter());
    }
    return reply;
  }

  static Response.ResponseBuilder json(int status, StreamingOutput body) {
    return Response.status(status).type(MediaType.APPLICATION_JSON_TYPE).entity(body);
  }
}
