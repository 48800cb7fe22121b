package org.pgdeltastream.web.socket;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpUpgradeHandler;
import java.io.IOException;
import java.util.List;
import org.pgdeltastream.framing.Handshake;
import org.pgdeltastream.slot.database.Settings;

/** Whether this application writes a stream's frames, or the server's websocket does. */
public final class OwnFrames {
  /** In the names of the servers on which every black-box test passes with frames of our own. */
  private static final List<String> TESTED = List.of("Tomcat", "Liberty", "GlassFish");

  /** A browser that sends its token as a subprotocol sends this beside it, and gets it. */
  public static final String SUBPROTOCOL = "pgdeltastream.v1";

  private OwnFrames() {}

  public static boolean areWritten(Settings.Websocket setting, String server) {
    return switch (setting) {
      case AUTO -> TESTED.stream().anyMatch(server::contains);
      case ENDPOINT -> false;
      case UPGRADE -> true;
    };
  }

  /** Answers a handshake; the handler gets the connection. */
  public static <T extends HttpUpgradeHandler> T upgrade(
      HttpServletRequest request,
      HttpServletResponse response,
      Handshake handshake,
      Class<T> handler)
      throws IOException, ServletException {
    response.setStatus(HttpServletResponse.SC_SWITCHING_PROTOCOLS);
    response.setHeader("Upgrade", "websocket");
    response.setHeader("Connection", "Upgrade");
    response.setHeader("Sec-WebSocket-Accept", handshake.accept());
    if (handshake.offers(SUBPROTOCOL)) {
      response.setHeader("Sec-WebSocket-Protocol", SUBPROTOCOL);
    }
    return request.upgrade(handler);
  }
}
