package org.pgdeltastream.web.rest;

import jakarta.ejb.EJB;
import jakarta.enterprise.context.RequestScoped;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Map;
import org.pgdeltastream.slot.SlotManager;
import org.pgdeltastream.web.http.Query;

/** Shows the open snapshots, and how far whole tables are read under them. */
@Path("snapshots")
@RequestScoped
@Produces(MediaType.APPLICATION_JSON)
public class SnapshotsResource {
  @EJB
  @SuppressWarnings("NullAway.Init") // the container sets it
  SlotManager slots;

  @GET
  public List<Map<String, Object>> all(@Context HttpServletRequest request) {
    Query.parse(request.getQueryString());
    return slots.operations().snapshots().stream().map(StatusBody::snapshot).toList();
  }
}
