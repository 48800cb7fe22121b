package org.pgdeltastream.web.live;

import jakarta.ejb.EJB;
import jakarta.enterprise.context.RequestScoped;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.slot.SlotManager;
import org.pgdeltastream.slot.view.Explanation;
import org.pgdeltastream.web.http.BodyFields;
import org.pgdeltastream.web.http.BodyReader;
import org.pgdeltastream.web.http.Input;

/** Why a row is shown to who follows a feed with some parameters, or is not. */
@Path("feeds/{feed}/explain")
@RequestScoped
@Produces(MediaType.APPLICATION_JSON)
public class ExplainResource {
  @EJB
  @SuppressWarnings("NullAway.Init") // the container sets it
  SlotManager slots;

  /** The query string is the stream's; the body has {@code table} and {@code row}. */
  @POST
  public Map<String, Object> explain(
      @Context HttpServletRequest request, @PathParam("feed") String feed) throws IOException {
    FeedQuery query = FeedQuery.ofView(request.getQueryString());
    BodyFields fields =
        BodyFields.of(
            BodyReader.read(request).orElseThrow(() -> Input.bad("There is no body")),
            "",
            "table",
            "row");
    String name = fields.needed("table");
    int dot = name.indexOf('.');
    if (dot < 1 || dot == name.length() - 1) {
      throw Input.bad("Field table is " + Input.shown(name) + ", not schema.table");
    }
    TableName table = new TableName(name.substring(0, dot), name.substring(dot + 1));
    return body(
        slots
            .feeds()
            .explain(
                feed, query.view(), table, FeedQuery.condition("Field row", fields.needed("row"))));
  }

  private static Map<String, Object> body(Explanation found) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("tableIsTold", found.isTold());
    body.put("actions", found.actions());
    body.put("rowIsThere", found.isThere());
    found.filter().ifPresent(text -> body.put("filter", text));
    found.sql().ifPresent(text -> body.put("sql", text));
    found.isSelected().ifPresent(is -> body.put("rowIsSelected", is));
    if (!found.parts().isEmpty()) {
      body.put("comparisons", found.parts());
    }
    return body;
  }
}
