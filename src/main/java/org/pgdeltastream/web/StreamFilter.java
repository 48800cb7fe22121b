package org.pgdeltastream.web;

import jakarta.ejb.EJB;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import java.util.stream.Stream;
import org.pgdeltastream.slot.SlotManager;

/**
 * Refuses with an HTTP status what can be refused before the upgrade to a websocket; the state of a
 * slot is not asked here, since browsers cannot read a status.
 */
public class StreamFilter implements Filter {
  /** Hidden, so that compression is never agreed on: a small message could unpack to a huge one. */
  private static final String EXTENSIONS = "Sec-WebSocket-Extensions";

  @EJB
  @SuppressWarnings("NullAway.Init") // the container sets it
  SlotManager slots;

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (let((HttpServletRequest) request, (HttpServletResponse) response)) {
      chain.doFilter(new HiddenHeaderRequest((HttpServletRequest) request, EXTENSIONS), response);
    }
  }

  private boolean let(HttpServletRequest request, HttpServletResponse response) throws IOException {
    if (!request.getMethod().equals("GET")) {
      response.setHeader("Allow", "GET");
      Errors.ofStatus(HttpServletResponse.SC_METHOD_NOT_ALLOWED, null).sendTo(response);
      return false;
    }
    if (!asksForWebsocket(request)) {
      response.setHeader("Upgrade", "websocket");
      Errors.ofStatus(426, null).sendTo(response);
      return false;
    }
    try {
      StreamRequest.parse(request.getQueryString());
      slots.checkStream();
      return true;
    } catch (RuntimeException e) { // a servlet has no exception mapper
      Errors.of(e).sendTo(response);
      return false;
    }
  }

  private static boolean asksForWebsocket(HttpServletRequest request) {
    return Collections.list(request.getHeaders("Upgrade")).stream()
        .flatMap(value -> Stream.of(value.split(",")))
        .anyMatch(protocol -> protocol.strip().equalsIgnoreCase("websocket"));
  }
}
