package org.pgdeltastream.web.rest;

import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;
import org.pgdeltastream.web.http.ErrorBody;
import org.pgdeltastream.web.http.Errors;

/** Answers unchecked failures. Not IOException: then the client is gone, or has half an answer. */
@Provider
public class FailureMapper implements ExceptionMapper<RuntimeException> {
  @Override
  public Response toResponse(RuntimeException failure) {
    return reply(Errors.of(failure)).build();
  }

  /** As a stream: JSON binding would change text and bytes. */
  static Response.ResponseBuilder reply(ErrorBody error) {
    StreamingOutput json = out -> out.write(error.bytes());
    Response.ResponseBuilder reply =
        Response.status(error.status()).type(MediaType.APPLICATION_JSON_TYPE).entity(json);
    if (!error.retryAfter().isEmpty()) {
      reply.header(HttpHeaders.RETRY_AFTER, error.retryAfter());
    }
    return reply;
  }
}
