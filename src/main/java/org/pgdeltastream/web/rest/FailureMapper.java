package org.pgdeltastream.web.rest;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.core.Context;
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
  @Context
  @SuppressWarnings("NullAway.Init") // the container sets it
  HttpServletRequest request;

  @Override
  public Response toResponse(RuntimeException failure) {
    return reply(request, Errors.of(failure)).build();
  }

  /** As a stream: JSON binding would change text and bytes. */
  static Response.ResponseBuilder reply(HttpServletRequest request, ErrorBody error) {
    error.countIn(request);
    StreamingOutput json = out -> out.write(error.bytes());
    Response.ResponseBuilder reply =
        Response.status(error.status()).type(MediaType.APPLICATION_JSON_TYPE).entity(json);
    if (!error.retryAfter().isEmpty()) {
      reply.header(HttpHeaders.RETRY_AFTER, error.retryAfter());
    }
    return reply;
  }
}
