package org.pgdeltastream.web.rest;

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
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.slot.InitRequest;
import org.pgdeltastream.slot.SlotManager;
import org.pgdeltastream.web.access.AccessFilter;
import org.pgdeltastream.web.http.BodyFields;
import org.pgdeltastream.web.http.BodyReader;
import org.pgdeltastream.web.http.Input;
import org.pgdeltastream.web.http.JsonTree;
import org.pgdeltastream.web.http.Parameters;
import org.pgdeltastream.web.http.Query;

/** Makes a slot and opens its snapshot. */
@Path("init")
@RequestScoped
@Produces(MediaType.APPLICATION_JSON)
public class InitResource {
  private static final String PLUGIN = "plugin";
  private static final String PUBLICATION = "publication";
  private static final String SLOT = "slotName";

  @EJB
  @SuppressWarnings("NullAway.Init") // the container sets it
  SlotManager slots;

  /**
   * By GET too, as the first clients of this API do; no cache keeps the answer. But a web page
   * could cause a GET without being able to read the answer.
   */
  @GET
  public Map<String, Object> get(@Context HttpServletRequest request) throws IOException {
    if (request.getAttribute(AccessFilter.PAGE_SIGN) instanceof String sign) {
      throw new ProblemException(
          Problem.FORBIDDEN,
          "A web page may have caused this GET (" + sign + "), which would make a slot",
          "Use POST /v1/init, or a client that is no browser; or set pgdelta.tokens");
    }
    return post(request);
  }

  @POST
  public Map<String, Object> post(@Context HttpServletRequest request) throws IOException {
    InitRequest asked = read(request.getQueryString(), BodyReader.read(request));
    return Bodies.init(slots.init(asked), request.getContextPath());
  }

  /** Else JAX-RS would answer HEAD by making a slot. */
  @HEAD
  public Response head() {
    throw new NotAllowedException("GET", new String[] {"POST"});
  }

  static InitRequest read(@Nullable String queryString, Optional<JsonTree> body) {
    Query query = Query.parse(queryString, Parameters.of(Parameters.INIT));
    BodyFields fields =
        BodyFields.of(
            body.orElse(new JsonTree.Fields(Map.of())), "", Parameters.of(Parameters.INIT));
    for (String name : Parameters.INIT) {
      if (query.text(name).isPresent() && fields.any(name).isPresent()) {
        throw Input.bad(name + " is given twice: as a parameter and in the body");
      }
    }
    return new InitRequest(
        plugin(query.text(PLUGIN).or(() -> fields.text(PLUGIN)).orElse("auto")),
        fields.any(PUBLICATION).isPresent() ? publications(fields) : query.list(PUBLICATION),
        query.text(SLOT).or(() -> fields.text(SLOT)).map(Input::slotName));
  }

  /** A list of names, or a text as the parameter has it. */
  private static List<String> publications(BodyFields fields) {
    List<String> names =
        fields.any(PUBLICATION).get() instanceof JsonTree.Text text
            ? List.of(text.value().split(",", -1))
            : fields.texts(PUBLICATION);
    if (names.contains("")) {
      throw Input.bad("Parameter " + PUBLICATION + " has an empty item");
    }
    return names;
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
