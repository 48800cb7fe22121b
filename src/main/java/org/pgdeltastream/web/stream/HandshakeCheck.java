package org.pgdeltastream.web.stream;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import org.pgdeltastream.framing.Handshake;
import org.pgdeltastream.web.http.Body;
import org.pgdeltastream.web.http.Errors;
import org.pgdeltastream.web.http.Input;

/** What a request for a websocket must have, whatever that is for. */
public final class HandshakeCheck {
  private HandshakeCheck() {}

  /** What the request says of a websocket. */
  public static Handshake of(HttpServletRequest request) {
    return new Handshake(name -> Collections.list(request.getHeaders(name)));
  }

  /** Whether it can become one; if not, it has its answer. */
  public static boolean isPossible(
      HttpServletRequest request, HttpServletResponse response, Handshake handshake)
      throws IOException {
    boolean possible =
        handshake.isAsked()
            && handshake.hasVersion()
            && !request.getProtocol().equals("HTTP/1.0"); // which has no upgrade
    if (!possible) {
      response.setHeader("Upgrade", "websocket");
      response.setHeader("Connection", "Upgrade");
      response.setHeader("Sec-WebSocket-Version", Handshake.VERSION);
      Errors.ofStatus(426, null).sendTo(request, response);
    }
    return possible;
  }

  /** Throws ProblemException BAD_REQUEST if the rest is not as it must be. */
  public static void check(HttpServletRequest request, Handshake handshake) {
    if (!handshake.isWellFormed()) {
      throw Input.bad("The websocket handshake needs 'Connection: Upgrade' and one key");
    }
    if (Body.isIn(request)) {
      throw Input.bad("A websocket handshake has no body");
    }
  }
}
