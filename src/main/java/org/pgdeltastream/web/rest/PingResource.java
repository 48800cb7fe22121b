package org.pgdeltastream.web.rest;

import jakarta.enterprise.context.RequestScoped;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.util.Map;
import org.pgdeltastream.web.http.Query;

/** Whether this server answers; PostgreSQL is not asked. */
@Path("ping")
@RequestScoped
@Produces(MediaType.APPLICATION_JSON)
public class PingResource {
  @GET
  public Map<String, String> ping(@Context HttpServletRequest request) {
    Query.parse(request.getQueryString());
    return Map.of("status", "ok");
  }
}
