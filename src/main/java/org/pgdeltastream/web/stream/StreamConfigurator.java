package org.pgdeltastream.web.stream;

import jakarta.websocket.Extension;
import jakarta.websocket.server.ServerEndpointConfig;
import java.util.List;
import org.pgdeltastream.web.socket.OwnFrames;

/** Negotiates no extension: compression would let a small message grow without bound. */
public class StreamConfigurator extends ServerEndpointConfig.Configurator {
  @Override
  public List<Extension> getNegotiatedExtensions(
      List<Extension> installed, List<Extension> requested) {
    return List.of();
  }

  /** A browser that sends its token as a subprotocol sends ours beside it, and gets ours. */
  @Override
  public String getNegotiatedSubprotocol(List<String> supported, List<String> requested) {
    return requested.contains(OwnFrames.SUBPROTOCOL) ? OwnFrames.SUBPROTOCOL : "";
  }
}
