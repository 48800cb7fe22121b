package org.pgdeltastream.web.rest;

import jakarta.ejb.EJB;
import jakarta.enterprise.context.RequestScoped;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Map;
import org.pgdeltastream.slot.SlotManager;
import org.pgdeltastream.web.http.Input;
import org.pgdeltastream.web.http.Query;

/** Lists the tables of a snapshot, and ends it; PageServlet and TableServlet read them. */
@Path("snapshot")
@RequestScoped
@Produces(MediaType.APPLICATION_JSON)
public class SnapshotResource {
  @EJB
  @SuppressWarnings("NullAway.Init") // the container sets it
  SlotManager slots;

  @GET
  @Path("tables")
  public List<Map<String, Object>> tables(@Context HttpServletRequest request) {
    Query query = Query.parse(request.getQueryString(), "slotName");
    return slots.snapshots().tables(query.text("slotName").map(Input::slotName)).stream()
        .map(Bodies::table)
        .toList();
  }

  /** Answers 204. */
  @DELETE
  public void close(@Context HttpServletRequest request) {
    Query query = Query.parse(request.getQueryString(), "slotName");
    slots
        .snapshots()
        .closeSnapshot(
            query
                .text("slotName")
                .map(Input::slotName)
                .orElseThrow(() -> Input.bad("Parameter slotName is missing")));
  }
}
