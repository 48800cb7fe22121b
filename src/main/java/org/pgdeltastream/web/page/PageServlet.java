package org.pgdeltastream.web.page;

import jakarta.ejb.EJB;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import org.pgdeltastream.slot.SlotManager;
import org.pgdeltastream.slot.lease.SnapshotPage;
import org.pgdeltastream.web.http.BodyReader;
import org.pgdeltastream.web.http.Errors;
import org.pgdeltastream.web.http.Input;
import org.pgdeltastream.web.http.JsonTree;
import org.pgdeltastream.web.http.MediaRange;
import org.pgdeltastream.web.http.Query;

/**
 * Reads pages of tables as they were when a slot was made. A servlet, not a JAX-RS resource,
 * because that takes as long as the rows of a small page.
 */
public class PageServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;

  @EJB
  @SuppressWarnings("NullAway.Init") // the container sets it
  transient SlotManager slots;

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    if (!request.getMethod().equals("POST")) {
      response.setHeader("Allow", "POST");
      Errors.ofStatus(HttpServletResponse.SC_METHOD_NOT_ALLOWED, null).sendTo(request, response);
      return;
    }
    if (!takesJson(Collections.list(request.getHeaders("Accept")))) {
      Errors.ofStatus(HttpServletResponse.SC_NOT_ACCEPTABLE, null).sendTo(request, response);
      return;
    }
    SnapshotPage page;
    try {
      page = read(request);
    } catch (RuntimeException e) {
      Errors.of(e).sendTo(request, response);
      return;
    }
    try (page) {
      send(page, response);
    }
  }

  private SnapshotPage read(HttpServletRequest request) throws IOException {
    Query.parse(request.getQueryString());
    JsonTree body =
        BodyReader.read(request)
            .orElseThrow(() -> Input.bad("The body is empty; want {\"table\":\"…\"}"));
    PageBody asked = PageBody.read(body, slots.settings().snapshotLimit());
    return slots.snapshots().readPage(asked.slotName(), asked.page());
  }

  private static void send(SnapshotPage page, HttpServletResponse response) throws IOException {
    response.setContentType("application/json");
    response.setHeader("Slot-Name", page.slot().value());
    page.nextCursor().ifPresent(cursor -> response.setHeader("Next-Cursor", cursor));
    response.setContentLength(page.json().size());
    page.json().writeTo(response.getOutputStream());
  }

  static boolean takesJson(List<String> accept) {
    return accept.isEmpty()
        || MediaRange.of(accept)
            .anyMatch(
                range ->
                    range.quality() > 0
                        && List.of("application/json", "application/*", "*/*")
                            .contains(range.type()));
  }
}
