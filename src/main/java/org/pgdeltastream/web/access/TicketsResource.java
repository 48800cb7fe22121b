package org.pgdeltastream.web.access;

import jakarta.enterprise.context.RequestScoped;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.rights.Bearer;
import org.pgdeltastream.web.http.BodyFields;
import org.pgdeltastream.web.http.BodyReader;
import org.pgdeltastream.web.http.Input;
import org.pgdeltastream.web.http.Query;

/** Makes tickets, for who cannot put a token into a header. */
@Path("tickets")
@RequestScoped
@Produces(MediaType.APPLICATION_JSON)
public class TicketsResource {
  /** {@code {"feed":"main"}}. */
  @POST
  public Map<String, Object> make(@Context HttpServletRequest request) {
    Query.parse(request.getQueryString());
    BodyFields fields =
        BodyFields.of(
            BodyReader.read(request).orElseThrow(() -> Input.bad("There is no body")), "", "feed");
    String feed = fields.needed("feed");
    Holder holder = holder(request);
    checkFeed(feed, holder);
    List<String> origin = Collections.list(request.getHeaders("Origin"));
    String ticket =
        Callers.of(request.getServletContext())
            .tickets()
            .make(holder, origin.stream().findFirst(), feed);
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("ticket", ticket);
    body.put("expires", Tickets.LIFE.toSeconds());
    return body;
  }

  private static Holder holder(HttpServletRequest request) {
    if (request.getAttribute(AccessFilter.BEARER) instanceof Bearer bearer) {
      return Holder.of(bearer);
    }
    if (request.getAttribute(AccessFilter.TOKEN) instanceof String place) {
      return Holder.operator(place);
    }
    throw Input.bad("This server asks for no token, and so takes no ticket");
  }

  /** As of a feed that is not there. */
  private static void checkFeed(String feed, Holder holder) {
    Optional<Bearer> bearer = holder.bearer().filter(one -> !one.role().all());
    boolean hidden = bearer.filter(one -> !one.role().feeds().containsKey(feed)).isPresent();
    if (hidden || !feed.matches("[a-z0-9_]{1,40}")) {
      throw new ProblemException(Problem.FEED_NOT_FOUND, "No feed " + Shown.of(feed), "");
    }
  }
}
