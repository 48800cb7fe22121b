package org.pgdeltastream.web.rest;

import jakarta.ejb.EJB;
import jakarta.enterprise.context.RequestScoped;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.pgdeltastream.slot.SlotManager;
import org.pgdeltastream.web.http.Input;
import org.pgdeltastream.web.http.Query;

/**
 * What an orchestrator asks: 200 and {@code {"status":"UP"}}, or 503 and {@code DOWN}. Answered
 * without a token, from what is known: PostgreSQL is never asked for it.
 */
@Path("health")
@RequestScoped
@Produces(MediaType.APPLICATION_JSON)
public class HealthResource {
  @EJB
  @SuppressWarnings("NullAway.Init") // the container sets it
  SlotManager slots;

  /** The application is deployed: before that nobody answers here. */
  @GET
  @Path("started")
  public Response started(@Context HttpServletRequest request) {
    Query.parse(request.getQueryString());
    return answer(true);
  }

  /** DOWN where only a new start helps. */
  @GET
  @Path("live")
  public Response live(@Context HttpServletRequest request) {
    Query.parse(request.getQueryString());
    return answer(slots.isAlive());
  }

  /** DOWN from the beginning of a stop, and until PostgreSQL was reached once. */
  @GET
  @Path("ready")
  public Response ready(@Context HttpServletRequest request) {
    Query query = Query.parse(request.getQueryString(), "upstream");
    Optional<String> upstream = query.text("upstream");
    if (upstream.isPresent() && !upstream.get().equals("required")) {
      throw Input.bad("Parameter upstream is " + Input.shown(upstream.get()) + ", not required");
    }
    return answer(slots.isReady(upstream.isPresent()));
  }

  /** All of these; with a token. */
  @GET
  public Response all(@Context HttpServletRequest request) {
    Query.parse(request.getQueryString());
    boolean live = slots.isAlive();
    boolean ready = slots.isReady(false);
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("status", word(live && ready));
    body.put("live", word(live));
    body.put("ready", word(ready));
    body.put("upstream", word(slots.isReady(true)));
    return Response.status(live && ready ? 200 : 503).entity(body).build();
  }

  private static Response answer(boolean up) {
    return Response.status(up ? 200 : 503).entity(Map.of("status", word(up))).build();
  }

  private static String word(boolean up) {
    return up ? "UP" : "DOWN";
  }
}
