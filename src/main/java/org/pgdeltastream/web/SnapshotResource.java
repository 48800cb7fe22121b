package org.pgdeltastream.web;

import jakarta.ejb.EJB;
import jakarta.enterprise.context.RequestScoped;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.slot.SlotManager;
import org.pgdeltastream.slot.SnapshotPage;

/** Reads tables as they were when a slot was made. */
@Path("snapshot")
@RequestScoped
@Produces(MediaType.APPLICATION_JSON)
public class SnapshotResource {
  @EJB
  @SuppressWarnings("NullAway.Init") // the container sets it
  SlotManager slots;

  /** The body is JSON whatever its Content-Type says: curl's usual one is a form's. */
  @POST
  @Path("data")
  @Consumes(MediaType.WILDCARD)
  public Response data(@Context HttpServletRequest request, InputStream body) throws IOException {
    Query.parse(request.getQueryString());
    refuseEncoded(request.getHeader(HttpHeaders.CONTENT_ENCODING));
    PageBody asked = PageBody.read(BodyReader.read(body), slots.settings().snapshotLimit());
    SnapshotPage page = slots.readPage(asked.slotName(), asked.page());
    Response.ResponseBuilder reply =
        Replies.json(Response.Status.OK.getStatusCode(), page.json()::writeTo)
            .header("Slot-Name", page.slot().value());
    page.nextCursor().ifPresent(cursor -> reply.header("Next-Cursor", cursor));
    return reply.build();
  }

  @GET
  @Path("tables")
  public List<TableBody> tables(@Context HttpServletRequest request) {
    Query query = Query.parse(request.getQueryString(), "slotName");
    return slots.tables(query.text("slotName").map(Input::slotName)).stream()
        .map(TableBody::of)
        .toList();
  }

  /** Answers 204. */
  @DELETE
  public void close(@Context HttpServletRequest request) {
    Query query = Query.parse(request.getQueryString(), "slotName");
    slots.closeSnapshot(
        query
            .text("slotName")
            .map(Input::slotName)
            .orElseThrow(() -> Input.bad("Parameter slotName is missing")));
  }

  /** A compressed body could be far larger than what came in. */
  private static void refuseEncoded(@Nullable String encoding) {
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      throw Input.bad("Content-Encoding " + Input.shown(encoding) + " is not taken");
    }
  }
}
