package org.pgdeltastream.web.rest;

import jakarta.ejb.EJB;
import jakarta.enterprise.context.RequestScoped;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Map;
import org.pgdeltastream.slot.SlotManager;
import org.pgdeltastream.web.http.Input;
import org.pgdeltastream.web.http.Query;

/** Shows slots and drops them. */
@Path("slots")
@RequestScoped
@Produces(MediaType.APPLICATION_JSON)
public class SlotsResource {
  @EJB
  @SuppressWarnings("NullAway.Init") // the container sets it
  SlotManager slots;

  @GET
  public List<Map<String, Object>> all(@Context HttpServletRequest request) {
    Query.parse(request.getQueryString());
    return slots.slots().stream().map(Bodies::slot).toList();
  }

  @GET
  @Path("{name}")
  public Map<String, Object> one(
      @Context HttpServletRequest request, @PathParam("name") String name) {
    Query.parse(request.getQueryString());
    return Bodies.slot(slots.slot(Input.slotName(name)));
  }

  /** Answers 204. */
  @DELETE
  @Path("{name}")
  public void drop(@Context HttpServletRequest request, @PathParam("name") String name) {
    Query query = Query.parse(request.getQueryString(), "force");
    slots.drop(Input.slotName(name), query.flag("force"));
  }
}
