package org.pgdeltastream.web.rest;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;
import org.pgdeltastream.web.http.Errors;

/**
 * Answers what JAX-RS itself refuses. Beside FailureMapper, because some implementations bring a
 * mapper for exactly this class, which would win.
 */
@Provider
public class RefusalMapper implements ExceptionMapper<WebApplicationException> {
  @Context
  @SuppressWarnings("NullAway.Init") // the container sets it
  UriInfo uri;

  @Context
  @SuppressWarnings("NullAway.Init") // the container sets it
  HttpServletRequest request;

  @Override
  public Response toResponse(WebApplicationException refused) {
    Response ready = refused.getResponse();
    if (ready.getStatus() < Response.Status.BAD_REQUEST.getStatusCode()) {
      return ready;
    }
    Response.ResponseBuilder reply = FailureMapper.reply(request, Errors.of(refused));
    if (ready.getStatus() == Response.Status.METHOD_NOT_ALLOWED.getStatusCode()) {
      reply.header(HttpHeaders.ALLOW, RestApplication.methodsOf(uri.getPath()));
    }
    return reply.build();
  }
}
