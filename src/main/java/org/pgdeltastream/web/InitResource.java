package org.pgdeltastream.web;

import jakarta.ejb.EJB;
import jakarta.enterprise.context.RequestScoped;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HEAD;
import jakarta.ws.rs.NotAllowedException;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.slot.InitRequest;
import org.pgdeltastream.slot.SlotManager;

/** Makes a slot and opens its snapshot. */
@Path("init")
@RequestScoped
@Produces(MediaType.APPLICATION_JSON)
public class InitResource {
  @EJB
  @SuppressWarnings("NullAway.Init") // the container sets it
  SlotManager slots;

  /** By GET too, as the first clients of this API do; no cache keeps the answer. */
  @GET
  public InitBody get(@Context HttpServletRequest request) {
    return post(request);
  }

  @POST
  public InitBody post(@Context HttpServletRequest request) {
    return InitBody.of(slots.init(read(request.getQueryString())), request.getContextPath());
  }

  /** Else JAX-RS would answer HEAD by making a slot. */
  @HEAD
  public Response head() {
    throw new NotAllowedException("GET", new String[] {"POST"});
  }

  static InitRequest read(@Nullable String queryString) {
    Query query = Query.parse(queryString, "plugin", "publication", "slotName");
    return new InitRequest(
        plugin(query.text("plugin").orElse("auto")),
        query.list("publication"),
        query.text("slotName").map(Input::slotName));
  }

  private static Optional<OutputPlugin> plugin(String name) {
    Optional<OutputPlugin> plugin = OutputPlugin.of(name);
    if (plugin.isEmpty() && !name.equals("auto")) {
      throw Input.bad(
          "Parameter plugin is " + Input.shown(name) + ", not auto, wal2json or pgoutput");
    }
    return plugin;
  }
}
