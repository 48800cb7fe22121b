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
import java.util.Optional;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.filter.Condition;
import org.pgdeltastream.rights.Bearer;
import org.pgdeltastream.rights.Claims;
import org.pgdeltastream.slot.SlotManager;
import org.pgdeltastream.slot.admission.Caller;
import org.pgdeltastream.slot.explain.Explanation;
import org.pgdeltastream.slot.explain.Question;
import org.pgdeltastream.slot.feed.FeedDefinition;
import org.pgdeltastream.web.access.Callers;
import org.pgdeltastream.web.http.BodyFields;
import org.pgdeltastream.web.http.BodyReader;
import org.pgdeltastream.web.http.Input;
import org.pgdeltastream.web.http.JsonTree;
import org.pgdeltastream.web.http.JsonValues;

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
            "row",
            "role",
            "claims");
    Caller caller = FeedFilter.caller(request);
    Optional<Bearer> other = other(fields, Callers.of(request.getServletContext()), caller);
    Condition row = FeedQuery.condition("Field row", fields.needed("row"));
    Question question = new Question(query.view(), table(fields.needed("table")), row);
    return body(
        slots.feeds().explainer().explain(FeedDefinition.checked(feed), question, caller, other));
  }

  private static TableName table(String name) {
    int dot = name.indexOf('.');
    if (dot < 1 || dot == name.length() - 1) {
      throw Input.bad("Field table is " + Input.shown(name) + ", not schema.table");
    }
    return new TableName(name.substring(0, dot), name.substring(dot + 1));
  }

  /** Whose rights are to be explained, if not the caller's own. */
  private static Optional<Bearer> other(BodyFields fields, Callers callers, Caller caller) {
    Map<String, JsonTree> claims = fields.members("claims");
    Optional<String> role = fields.text("role");
    if (role.isEmpty()) {
      if (fields.any("claims").isPresent()) {
        throw Input.bad("Field claims needs a field role");
      }
      return Optional.empty();
    }
    if (caller.bearer().filter(one -> !one.seesAll()).isPresent()) {
      throw new ProblemException(
          Problem.FORBIDDEN,
          "Your role may ask why it is shown a row itself, and not why another is",
          "Leave role and claims out");
    }
    try {
      return Optional.of(callers.imagined(role.get(), new Claims(JsonValues.of(claims))));
    } catch (IllegalArgumentException e) {
      throw Input.bad("Field claims cannot be read: " + e.getMessage(), e);
    }
  }

  private static Map<String, Object> body(Explanation found) {
    Map<String, Object> body = body(found.view());
    body.put("rowIsThere", found.isThere());
    found.rights().ifPresent(rights -> body.put("rights", body(rights)));
    return body;
  }

  private static Map<String, Object> body(Explanation.Part part) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("tableIsTold", part.isTold());
    body.put("actions", part.actions());
    part.why().ifPresent(text -> body.put("why", text));
    part.filter().ifPresent(text -> body.put("filter", text));
    part.sql().ifPresent(text -> body.put("sql", text));
    part.isSelected().ifPresent(is -> body.put("rowIsSelected", is));
    if (!part.comparisons().isEmpty()) {
      body.put("comparisons", part.comparisons());
    }
    return body;
  }
}
