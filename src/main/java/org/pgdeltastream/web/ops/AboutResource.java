package org.pgdeltastream.web.ops;

import jakarta.ejb.EJB;
import jakarta.enterprise.context.RequestScoped;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.util.LinkedHashMap;
import java.util.Map;
import org.pgdeltastream.rights.Bearer;
import org.pgdeltastream.slot.SlotManager;
import org.pgdeltastream.web.access.AccessFilter;
import org.pgdeltastream.web.http.ProgramVersion;
import org.pgdeltastream.web.http.Query;

/** Shows which program this is, and how it is set up. */
@Path("about")
@RequestScoped
@Produces(MediaType.APPLICATION_JSON)
public class AboutResource {
  @EJB
  @SuppressWarnings("NullAway.Init") // the container sets it
  SlotManager slots;

  @GET
  public Map<String, Object> about(@Context HttpServletRequest request) {
    Query.parse(request.getQueryString());
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("version", ProgramVersion.of(request.getServletContext()));
    body.put("java", Runtime.version().toString());
    body.put("container", request.getServletContext().getServerInfo());
    body.put("may", mayAct(request) ? "act" : "look");
    body.put("settings", slots.settings().shown());
    return body;
  }

  private boolean mayAct(HttpServletRequest request) {
    return !slots.settings().asksForTokens()
        || request.getAttribute(AccessFilter.TOKEN) != null
        || (request.getAttribute(AccessFilter.BEARER) instanceof Bearer bearer
            && bearer.role().all());
  }
}
