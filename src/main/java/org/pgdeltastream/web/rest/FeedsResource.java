package org.pgdeltastream.web.rest;

import jakarta.ejb.EJB;
import jakarta.enterprise.context.RequestScoped;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.journal.shared.KafkaSettings.Storage;
import org.pgdeltastream.slot.SlotManager;
import org.pgdeltastream.slot.feed.FeedDefinition;
import org.pgdeltastream.web.http.BodyFields;
import org.pgdeltastream.web.http.BodyReader;
import org.pgdeltastream.web.http.JsonTree;
import org.pgdeltastream.web.http.Query;

/** Makes feeds, shows them and drops them. */
@Path("feeds")
@RequestScoped
@Produces(MediaType.APPLICATION_JSON)
public class FeedsResource {
  private static final long LEAST_WINDOW = 1 << 20;
  private static final long MOST_SECONDS = 1_000_000;

  @EJB
  @SuppressWarnings("NullAway.Init") // the container sets it
  SlotManager slots;

  @GET
  public List<Map<String, Object>> all(@Context HttpServletRequest request) {
    Query.parse(request.getQueryString());
    return slots.feeds().all().stream().map(Bodies::feed).toList();
  }

  @GET
  @Path("{feed}")
  public Map<String, Object> one(
      @Context HttpServletRequest request, @PathParam("feed") String feed) {
    Query.parse(request.getQueryString());
    return Bodies.feed(slots.feeds().report(feed));
  }

  /** Answers 201, or 200 if it is there already. */
  @PUT
  @Path("{feed}")
  public Response make(@Context HttpServletRequest request, @PathParam("feed") String feed)
      throws IOException {
    Query.parse(request.getQueryString());
    boolean made = slots.feeds().make(definition(FeedDefinition.checked(feed), request));
    return Response.status(made ? Response.Status.CREATED : Response.Status.OK)
        .entity(Bodies.feed(slots.feeds().report(feed)))
        .build();
  }

  private FeedDefinition definition(String feed, HttpServletRequest request) throws IOException {
    FeedDefinition usual = slots.feeds().usual(feed, List.of());
    Optional<JsonTree> body = BodyReader.read(request);
    if (body.isEmpty()) {
      return usual;
    }
    BodyFields fields = BodyFields.of(body.get(), "The body", "publications", "window", "storage");
    Optional<JsonTree> window = fields.any("window");
    long bytes = usual.windowBytes();
    long seconds = usual.window().toSeconds();
    if (window.isPresent()) {
      BodyFields limits = BodyFields.of(window.get(), "window", "bytes", "seconds");
      bytes = limits.whole("bytes", bytes, LEAST_WINDOW, Integer.MAX_VALUE);
      seconds = limits.whole("seconds", seconds, 1, MOST_SECONDS);
    }
    return new FeedDefinition(
        feed,
        fields.texts("publications"),
        bytes,
        Duration.ofSeconds(seconds),
        storage(fields, usual.storage()));
  }

  private static Storage storage(BodyFields fields, Storage usual) {
    String word = fields.text("storage").orElse(usual.name().toLowerCase(Locale.ROOT));
    return switch (word) {
      case "wal" -> Storage.WAL;
      case "kafka" -> Storage.KAFKA;
      default ->
          throw new ProblemException(
              Problem.BAD_REQUEST,
              "storage '" + Shown.of(word) + "' is unknown",
              "Pass wal or kafka");
    };
  }

  /** Goes on without what the feed's shared log has lost; answers 204. */
  @POST
  @Path("{feed}/accept-gap")
  public void acceptGap(@Context HttpServletRequest request, @PathParam("feed") String feed) {
    Query.parse(request.getQueryString());
    slots.feeds().acceptGap(feed);
  }

  /** Answers 204. */
  @DELETE
  @Path("{feed}")
  public void drop(@Context HttpServletRequest request, @PathParam("feed") String feed) {
    Query query = Query.parse(request.getQueryString(), "force");
    slots.feeds().drop(feed, query.flag("force"));
  }
}
