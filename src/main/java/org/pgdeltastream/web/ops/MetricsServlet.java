package org.pgdeltastream.web.ops;

import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import jakarta.ejb.EJB;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.slot.SlotManager;
import org.pgdeltastream.slot.board.Measured;
import org.pgdeltastream.web.http.Errors;
import org.pgdeltastream.web.http.MediaRange;
import org.pgdeltastream.web.http.ProgramVersion;
import org.pgdeltastream.web.http.Query;
import org.pgdeltastream.web.http.Traffic;

/**
 * Shows what is counted and measured, in Prometheus' text format 0.0.4, or as OpenMetrics 1.0.0
 * where that is asked for. Answers 200 whatever PostgreSQL does.
 */
public class MetricsServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final String OPEN_METRICS = "application/openmetrics-text";

  @EJB
  @SuppressWarnings("NullAway.Init") // the container sets it
  transient SlotManager slots;

  private String version = "";

  @Override
  public void init() {
    version = ProgramVersion.of(getServletContext());
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    try {
      if (!List.of("GET", "HEAD").contains(request.getMethod())) {
        response.setHeader("Allow", "GET");
        Errors.ofStatus(HttpServletResponse.SC_METHOD_NOT_ALLOWED, null).sendTo(request, response);
        return;
      }
      Query.parse(request.getQueryString());
      send(writer(Collections.list(request.getHeaders("Accept"))), response);
    } catch (RuntimeException e) { // a servlet has no exception mapper
      Errors.of(e).sendTo(request, response);
    }
  }

  private static ExpositionFormatWriter writer(List<String> accept) {
    boolean open =
        MediaRange.of(accept)
            .anyMatch(range -> range.quality() > 0 && range.type().equals(OPEN_METRICS));
    return open
        ? OpenMetricsTextFormatWriter.builder().build()
        : PrometheusTextFormatWriter.builder().build();
  }

  private void send(ExpositionFormatWriter writer, HttpServletResponse response)
      throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    writer.write(text, samples().all());
    response.setContentType(writer.getContentType());
    response.setContentLength(text.size());
    text.writeTo(response.getOutputStream());
  }

  private Samples samples() {
    Samples samples = new Samples();
    ServerSamples ofServer = new ServerSamples(samples);
    ofServer.put(Traffic.of(getServletContext()), version);
    Measured measured;
    try {
      measured = slots.operations().measured();
    } catch (ProblemException e) {
      ofServer.putNoUpstream();
      return samples;
    }
    put(measured, samples, ofServer);
    return samples;
  }

  /** All of a server that knows its database. */
  static void put(Measured measured, Samples samples, ServerSamples ofServer) {
    SlotSamples ofSlots = new SlotSamples(samples, Instant.now(), System.nanoTime());
    ofServer.put(measured);
    ofSlots.put(measured);
    FeedSamples ofFeeds = new FeedSamples(samples, ofServer, ofSlots);
    measured.feeds().forEach(ofFeeds::put);
  }
}
