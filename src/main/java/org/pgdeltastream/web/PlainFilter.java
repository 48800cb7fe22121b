package org.pgdeltastream.web;

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

/**
 * Keeps from JAX-RS what servers treat on their own. Parameters that begin with an underscore are
 * refused: we have none, but Apache CXF answers {@code _wadl} with a description of the API. A
 * body's Content-Type is hidden: all are read as JSON, and servers refuse one that is malformed.
 */
public class PlainFilter implements Filter {
  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    Optional<ProblemException> refusal = refusal(((HttpServletRequest) request).getQueryString());
    if (refusal.isPresent()) {
      Errors.of(refusal.get()).sendTo((HttpServletResponse) response);
      return;
    }
    chain.doFilter(new HiddenHeaderRequest((HttpServletRequest) request, "Content-Type"), response);
  }

  static Optional<ProblemException> refusal(@Nullable String queryString) {
    return queryString == null
        ? Optional.empty()
        : Stream.of(queryString.split("[&;]"))
            .filter(pair -> pair.matches("(?i)(_|%5f).*"))
            .map(pair -> pair.replaceFirst("=.*", ""))
            .map(name -> Input.bad("Unknown parameter " + Input.shown(name)))
            .findFirst();
  }
}
