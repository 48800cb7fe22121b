package org.pgdeltastream.web.rest;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.web.http.Errors;
import org.pgdeltastream.web.http.HiddenHeaderRequest;
import org.pgdeltastream.web.http.Input;
import org.pgdeltastream.web.http.Query;

/**
 * Keeps from JAX-RS what servers treat on their own. A URL that is not well-formed is refused,
 * since some fail at it; OPTIONS is answered by what a path really takes. Parameters that begin
 * with an underscore are refused: we have none, but Apache CXF answers {@code _wadl} with a
 * description of the API. A body's Content-Type is hidden: all are read as JSON, and servers refuse
 * one that is malformed.
 */
public class PlainFilter implements Filter {
  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    HttpServletRequest from = (HttpServletRequest) request;
    HttpServletResponse to = (HttpServletResponse) response;
    Optional<ProblemException> refusal =
        malformed(from.getRequestURI(), "The path").or(() -> refusal(from.getQueryString()));
    String methods = from.getMethod().equals("OPTIONS") ? AllowedMethods.of(path(from)) : "";
    if (refusal.isPresent()) {
      Errors.of(refusal.get()).sendTo(to);
    } else if (!methods.isEmpty()) {
      to.setHeader("Allow", methods);
      to.setStatus(HttpServletResponse.SC_NO_CONTENT);
    } else {
      chain.doFilter(new HiddenHeaderRequest(from, "Content-Type"), response);
    }
  }

  private static String path(HttpServletRequest request) {
    String more = request.getPathInfo(); // some servers give the whole path as the servlet's
    return (request.getServletPath() + (more == null ? "" : more)).replaceFirst("^/v1", "");
  }

  static Optional<ProblemException> refusal(@Nullable String queryString) {
    return queryString == null
        ? Optional.empty()
        : malformed(queryString, "The query string").or(() -> unknown(queryString));
  }

  private static Optional<ProblemException> malformed(String raw, String what) {
    try {
      Query.check(raw, what);
      return Optional.empty();
    } catch (ProblemException e) {
      return Optional.of(e);
    }
  }

  private static Optional<ProblemException> unknown(String queryString) {
    return Stream.of(queryString.split("[&;]"))
        .filter(pair -> pair.matches("(?i)(_|%5f).*"))
        .map(pair -> pair.replaceFirst("=.*", ""))
        .map(name -> Input.bad("Unknown parameter " + Input.shown(name)))
        .findFirst();
  }
}
