package org.pgdeltastream.web.page;

import jakarta.ejb.EJB;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.Collections;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.slot.SlotManager;
import org.pgdeltastream.slot.lease.TableFormat;
import org.pgdeltastream.web.http.ErrorBody;
import org.pgdeltastream.web.http.Errors;

/**
 * Streams whole tables. A servlet, not a JAX-RS resource, because what a servlet throws after the
 * beginning makes servers break the connection off that can, so that nobody takes a half table for
 * a whole one.
 */
public class TableServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final System.Logger LOG = System.getLogger(TableServlet.class.getName());

  @EJB
  @SuppressWarnings("NullAway.Init") // the container sets it
  transient SlotManager slots;

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    if (!request.getMethod().equals("GET")) {
      response.setHeader("Allow", "GET");
      Errors.ofStatus(HttpServletResponse.SC_METHOD_NOT_ALLOWED, null).sendTo(request, response);
      return;
    }
    try {
      TableQuery query =
          TableQuery.read(request.getQueryString(), Collections.list(request.getHeaders("Accept")));
      refuseWithoutEnd(request.getProtocol(), query.format());
      send(query, new TableReply(request, response, query.contentType()));
    } catch (RuntimeException e) {
      if (response.isCommitted()) {
        throw e;
      }
      Errors.of(e).sendTo(request, response);
    }
  }

  /** HTTP/1.0 ends an answer by closing the connection, and so does a server that dies. */
  private static void refuseWithoutEnd(String protocol, TableFormat format) {
    boolean hasEnd =
        switch (format) {
          case LINES, ARRAY, CSV_WITH_END -> true;
          case LINES_WITHOUT_END, CSV -> false;
        };
    if (protocol.equals("HTTP/1.0") && !hasEnd) {
      throw new ProblemException(
          Problem.BAD_REQUEST,
          "Over HTTP/1.0 a table in this format could break off unnoticed",
          "Pass trailer=true; or speak HTTP/1.1, also from a proxy (nginx: proxy_http_version 1.1)");
    }
  }

  private void send(TableQuery query, TableReply reply) throws IOException {
    try {
      slots.snapshots().readTable(query.slot(), query.table(), query.format(), reply);
      reply.end();
    } catch (RuntimeException e) {
      if (!reply.hasBegun()) {
        throw e;
      }
      breakOff(e, query.format(), reply);
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "A client left before the end of its table", e);
    }
  }

  /**
   * A failure after the beginning: a line says so, or the end is missing. WildFly, Payara and
   * others end the answer properly although a servlet throws: its text must not pass for a whole
   * table.
   */
  private static void breakOff(RuntimeException failure, TableFormat format, TableReply reply)
      throws IOException {
    ErrorBody error = Errors.of(failure);
    switch (format) {
      case LINES, LINES_WITHOUT_END -> reply.write(error.lastLine());
      case CSV, CSV_WITH_END -> reply.write(error.openQuote());
      case ARRAY -> {} // its bracket stays open
    }
    if (format == TableFormat.LINES) {
      reply.end();
    } else {
      reply.breakOff(failure);
    }
  }
}
