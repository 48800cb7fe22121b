package org.pgdeltastream.web.rest;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.web.http.Errors;
import org.pgdeltastream.web.http.HiddenHeaderRequest;
import org.pgdeltastream.web.http.Input;
import org.pgdeltastream.web.http.Query;

/**
 * Handles what implementations of JAX-RS treat differently. A URL that is not well-formed is
 * refused, since some fail at it; OPTIONS is answered with the methods that a path really takes.
 * Parameters that begin with an underscore are refused: we have none, but Apache CXF answers {@code
 * _wadl} with a description of the API. A body's Content-Type is hidden: all are read as JSON, and
 * servers refuse one that is malformed.
 */
public class PlainFilter implements Filter {
  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    HttpServletRequest from = (HttpServletRequest) request;
    HttpServletResponse to = (HttpServletResponse) response;
    try {
      Query.check(from.getRequestURI(), "The path");
      check(from.getQueryString());
    } catch (ProblemException e) {
      Errors.of(e).sendTo(from, to);
      return;
    }
    String methods =
        from.getMethod().equals("OPTIONS") ? RestApplication.methodsOf(path(from)) : "";
    if (methods.isEmpty()) {
      chain.doFilter(new HiddenHeaderRequest(from, "Content-Type"), response);
    } else {
      to.setHeader("Allow", methods);
      to.setStatus(HttpServletResponse.SC_NO_CONTENT);
    }
  }

  private static String path(HttpServletRequest request) {
    String more = request.getPathInfo(); // some servers give the whole path as the servlet's
    return (request.getServletPath() + (more == null ? "" : more)).replaceFirst("^/v1", "");
  }

  static void check(@Nullable String queryString) {
    if (queryString == null) {
      return;
    }
    Query.check(queryString, "The query string");
    for (String pair : queryString.split("[&;]", -1)) {
      if (pair.matches("(?i)(_|%5f).*")) {
        throw Input.bad("Unknown parameter " + Input.shown(pair.replaceFirst("=.*", "")));
      }
    }
  }
}
