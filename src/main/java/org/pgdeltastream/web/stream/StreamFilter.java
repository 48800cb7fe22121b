package org.pgdeltastream.web.stream;

import jakarta.ejb.EJB;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.Principal;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.framing.Handshake;
import org.pgdeltastream.slot.SlotManager;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.web.http.Errors;
import org.pgdeltastream.web.http.HiddenHeaderRequest;
import org.pgdeltastream.web.socket.OwnFrames;

/**
 * Refuses with an HTTP status what can be refused before the upgrade to a websocket, and passes the
 * rest to the configured writer of frames. The state of a slot is not checked here, since browsers
 * cannot read a status.
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
    HttpServletRequest from = (HttpServletRequest) request;
    HttpServletResponse to = (HttpServletResponse) response;
    Handshake handshake = HandshakeCheck.of(from);
    if (!StreamRequest.isFor(cut(from.getRequestURI()))) {
      Errors.ofStatus(HttpServletResponse.SC_NOT_FOUND, null).sendTo(from, to);
    } else if (!from.getMethod().equals("GET")) {
      to.setHeader("Allow", "GET");
      Errors.ofStatus(HttpServletResponse.SC_METHOD_NOT_ALLOWED, null).sendTo(from, to);
    } else if (HandshakeCheck.isPossible(from, to, handshake) && isAllowed(from, to, handshake)) {
      String server = from.getServletContext().getServerInfo();
      if (OwnFrames.areWritten(slots.settings().websocket(), server)) {
        OwnFrames.upgrade(from, to, handshake, FrameHandler.class)
            .serve(slots, options(from), from.getRemoteAddr());
      } else {
        chain.doFilter(new HiddenHeaderRequest(forEndpoint(from), EXTENSIONS), to);
      }
    }
  }

  /**
   * A slash at the end is passed over everywhere, which servers' websockets do not know. Their API
   * does not pass a client's address: the name of the user, whom there is not, carries it.
   */
  private static HttpServletRequest forEndpoint(HttpServletRequest request) {
    return new HttpServletRequestWrapper(request) {
      @Override
      public Principal getUserPrincipal() {
        String address = request.getRemoteAddr();
        return () -> address;
      }

      @Override
      public String getServletPath() {
        return cut(super.getServletPath());
      }

      @Override
      public @Nullable String getPathInfo() {
        String path = super.getPathInfo();
        return path == null ? null : cut(path);
      }

      @Override
      public String getRequestURI() {
        return cut(super.getRequestURI());
      }
    };
  }

  private static StreamOptions options(HttpServletRequest request) {
    return StreamRequest.parse(cut(request.getRequestURI()), request.getQueryString());
  }

  private static String cut(String path) {
    return path.replaceFirst("/+$", "");
  }

  /** Whether the stream may begin; if not, the request has its answer. */
  private boolean isAllowed(
      HttpServletRequest request, HttpServletResponse response, Handshake handshake)
      throws IOException {
    try {
      HandshakeCheck.check(request, handshake);
      options(request);
      slots.checkStream();
      return true;
    } catch (RuntimeException e) { // a servlet has no exception mapper
      Errors.of(e).sendTo(request, response);
      return false;
    }
  }
}
