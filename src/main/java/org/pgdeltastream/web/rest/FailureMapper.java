package org.pgdeltastream.web.rest;

import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;
import org.pgdeltastream.web.http.Errors;

/** Answers unchecked failures. Not IOException: then the client is gone, or has half an answer. */
@Provider
public class FailureMapper implements ExceptionMapper<RuntimeException> {
  @Override
  public Response toResponse(RuntimeException failure) {
    return Replies.of(Errors.of(failure)).build();
  }
}
