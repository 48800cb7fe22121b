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
import jakarta.ws.rs.core.StreamingOutput;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import org.pgdeltastream.doctor.Examination;
import org.pgdeltastream.doctor.ExaminationText;
import org.pgdeltastream.slot.SlotManager;
import org.pgdeltastream.web.http.MediaRange;
import org.pgdeltastream.web.http.Query;

/**
 * What is wrong with PostgreSQL, and what helps: as JSON, or as text where that is liked better.
 */
@Path("doctor")
@RequestScoped
@Produces({MediaType.APPLICATION_JSON, MediaType.TEXT_PLAIN})
public class DoctorResource {
  @EJB
  @SuppressWarnings("NullAway.Init") // the container sets it
  SlotManager slots;

  @GET
  public Response examine(@Context HttpServletRequest request) {
    Query.parse(request.getQueryString());
    Examination examination = slots.operations().doctor().examine();
    boolean asText = likesText(Collections.list(request.getHeaders("Accept")));
    String body = asText ? ExaminationText.lines(examination) : ExaminationText.json(examination);
    StreamingOutput bytes = out -> out.write(body.getBytes(StandardCharsets.US_ASCII));
    return Response.ok(bytes)
        .type(asText ? MediaType.TEXT_PLAIN_TYPE : MediaType.APPLICATION_JSON_TYPE)
        .build();
  }

  /** JSON is what is given to whoever takes anything. */
  static boolean likesText(List<String> accept) {
    return MediaRange.of(accept)
        .filter(range -> range.quality() > 0)
        .max(Comparator.comparingDouble(MediaRange::quality))
        .filter(range -> range.type().matches("text/(plain|\\*)"))
        .isPresent();
  }
}
