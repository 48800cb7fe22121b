package org.pgdeltastream.web.rest;

import jakarta.ejb.EJB;
import jakarta.enterprise.context.RequestScoped;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.util.Map;
import org.pgdeltastream.slot.SlotManager;
import org.pgdeltastream.web.http.Query;

/** Shows this server, PostgreSQL, and what both do for clients. */
@Path("status")
@RequestScoped
@Produces(MediaType.APPLICATION_JSON)
public class StatusResource {
  @EJB
  @SuppressWarnings("NullAway.Init") // the container sets it
  SlotManager slots;

  @GET
  public Map<String, Object> status(@Context HttpServletRequest request) {
    Query.parse(request.getQueryString());
    return StatusBody.of(slots.operations().status());
  }
}
