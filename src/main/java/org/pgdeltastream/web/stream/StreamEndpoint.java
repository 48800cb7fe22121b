package org.pgdeltastream.web.stream;

import static java.lang.System.Logger.Level.DEBUG;

import jakarta.ejb.EJB;
import jakarta.websocket.CloseReason;
import jakarta.websocket.EndpointConfig;
import jakarta.websocket.OnClose;
import jakarta.websocket.OnError;
import jakarta.websocket.OnMessage;
import jakarta.websocket.OnOpen;
import jakarta.websocket.PongMessage;
import jakarta.websocket.Session;
import jakarta.websocket.server.ServerEndpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.Principal;
import org.pgdeltastream.slot.SlotManager;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.web.socket.EndpointSubscriber;

/**
 * The websocket of a stream or a tail, through the container's API. One instance for each
 * connection; the reader's task sends through the {@link EndpointSubscriber}.
 */
@ServerEndpoint(value = "/v1/lr/{kind}", configurator = StreamConfigurator.class)
public class StreamEndpoint {
  private static final System.Logger LOG = System.getLogger(StreamEndpoint.class.getName());

  @EJB
  @SuppressWarnings("NullAway.Init") // the container sets it
  SlotManager slots;

  private final StreamSession client = new StreamSession();

  @OnOpen
  public void open(Session session, EndpointConfig config) {
    try {
      EndpointSubscriber subscriber =
          new EndpointSubscriber(session, slots.settings().sendTimeout());
      Principal peer = session.getUserPrincipal(); // StreamFilter has put it there
      String address = peer == null ? "" : String.valueOf(peer.getName());
      StreamOptions options =
          StreamRequest.parse(session.getRequestURI().getPath(), session.getQueryString());
      client.open(slots, options, address, subscriber, subscriber::close);
    } catch (IOException e) {
      LOG.log(DEBUG, "The client had gone before the stream began: " + e);
    }
  }

  @OnMessage(maxMessageSize = StreamSession.MOST_BYTES)
  public void message(String message) {
    client.message(message);
  }

  @OnMessage(maxMessageSize = StreamSession.MOST_BYTES)
  public void binary(ByteBuffer message) {
    client.binary();
  }

  @OnMessage
  public void pong(PongMessage answer) {
    client.heard();
  }

  @OnClose
  public void closed(CloseReason reason) {
    client.closed(reason.getCloseCode().getCode(), String.valueOf(reason.getReasonPhrase()));
  }

  @OnError
  public void failed(Throwable error) {
    client.failed(error);
  }
}
