package org.pgdeltastream.web.rest;

import jakarta.ejb.EJB;
import jakarta.enterprise.context.RequestScoped;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.slot.SlotManager;
import org.pgdeltastream.web.access.AccessFilter;
import org.pgdeltastream.web.http.BodyFields;
import org.pgdeltastream.web.http.BodyReader;
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
    return slots.operations().slots().stream().map(Bodies::slot).toList();
  }

  @GET
  @Path("{name}")
  public Map<String, Object> one(
      @Context HttpServletRequest request, @PathParam("name") String name) {
    Query.parse(request.getQueryString());
    return Bodies.slot(slots.operations().slot(Input.slotName(name)));
  }

  /** Closes the slot's client, which may come back; answers 204. */
  @POST
  @Path("{name}/close")
  public void close(@Context HttpServletRequest request, @PathParam("name") String name)
      throws IOException {
    Query.parse(request.getQueryString());
    if (BodyReader.read(request).isPresent()) {
      throw Input.bad("This call takes no body");
    }
    slots.operations().closeClient(Input.slotName(name), caller(request));
  }

  /** Moves a slot that nobody streams: {@code {"to":"now"}} or {@code {"to":"0/170FCB0"}}. */
  @POST
  @Path("{name}/advance")
  public Map<String, Object> advance(
      @Context HttpServletRequest request, @PathParam("name") String name) throws IOException {
    Query.parse(request.getQueryString());
    SlotName slot = Input.slotName(name);
    String to =
        BodyFields.of(
                BodyReader.read(request).orElseThrow(() -> Input.bad("The body is missing")),
                "The body",
                "to")
            .needed("to");
    Optional<Lsn> position = to.equals("now") ? Optional.empty() : Optional.of(position(to));
    return StatusBody.moved(
        slot.value(), slots.operations().advance(slot, position, caller(request)));
  }

  private static Lsn position(String text) {
    try {
      return Lsn.parse(text);
    } catch (IllegalArgumentException e) {
      throw Input.bad("Field to is " + Input.shown(text) + ", neither now nor like 0/170FCB0");
    }
  }

  private static String caller(HttpServletRequest request) {
    Object token = request.getAttribute(AccessFilter.TOKEN);
    return request.getRemoteAddr() + (token == null ? "" : " with token " + token);
  }

  /** Answers 204. */
  @DELETE
  @Path("{name}")
  public void drop(@Context HttpServletRequest request, @PathParam("name") String name) {
    Query query = Query.parse(request.getQueryString(), "force");
    slots.drop(Input.slotName(name), query.flag("force"));
  }
}
