package org.pgdeltastream.web;

import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;
import org.jspecify.annotations.Nullable;

/**
 * Answers what JAX-RS itself refuses. Beside FailureMapper, because some implementations bring a
 * mapper for exactly this class, which would win.
 */
@Provider
public class RefusalMapper implements ExceptionMapper<WebApplicationException> {
  @Override
  public Response toResponse(WebApplicationException refused) {
    Response ready = refused.getResponse();
    if (ready.getStatus() < Response.Status.BAD_REQUEST.getStatusCode()) {
      return ready;
    }
    Response.ResponseBuilder reply = Replies.of(Errors.of(refused));
    @Nullable String allow = ready.getHeaderString(HttpHeaders.ALLOW);
    if (allow != null) {
      reply.header(HttpHeaders.ALLOW, allow);
    }
    return reply.build();
  }
}
