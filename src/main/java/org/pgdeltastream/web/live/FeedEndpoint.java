package org.pgdeltastream.web.live;

import static java.lang.System.Logger.Level.DEBUG;

import jakarta.ejb.EJB;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.websocket.OnClose;
import jakarta.websocket.OnError;
import jakarta.websocket.OnMessage;
import jakarta.websocket.OnOpen;
import jakarta.websocket.PongMessage;
import jakarta.websocket.Session;
import jakarta.websocket.server.PathParam;
import jakarta.websocket.server.ServerEndpoint;
import java.nio.ByteBuffer;
import java.security.Principal;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.slot.SlotManager;
import org.pgdeltastream.web.http.HiddenHeaderRequest;
import org.pgdeltastream.web.stream.StreamConfigurator;

/**
 * A feed's websocket through the container's API: a message is sent when the one before has left.
 */
@ServerEndpoint(value = "/v1/feeds/{feed}/stream", configurator = StreamConfigurator.class)
public class FeedEndpoint {
  private static final System.Logger LOG = System.getLogger(FeedEndpoint.class.getName());
  private static final String EXTENSIONS = "Sec-WebSocket-Extensions";

  @EJB
  @SuppressWarnings("NullAway.Init") // the container sets it
  SlotManager slots;

  private volatile @Nullable EndpointWay way;
  private volatile @Nullable TokenMessages tokens;

  /** The container's API passes the user alone of what is known of the handshake. */
  static HttpServletRequest request(HttpServletRequest request) {
    return new HiddenHeaderRequest(
        new HttpServletRequestWrapper(request) {
          @Override
          public Principal getUserPrincipal() {
            return new Peer(FeedFilter.caller(request), FeedFilter.verifier(request));
          }
        },
        EXTENSIONS);
  }

  @OnOpen
  public void open(Session session, @PathParam("feed") String feed) {
    EndpointWay to = new EndpointWay(session, feed, slots.settings().sendTimeout());
    way = to;
    try {
      FeedQuery query = FeedQuery.ofStream(session.getQueryString(), null);
      if (!(session.getUserPrincipal() instanceof Peer peer)) {
        throw new IllegalStateException("The server does not pass whose client it is");
      }
      tokens = new TokenMessages(slots.feeds(), peer.verifier());
      to.serves(slots.feeds().follow(feed, query.request(Framing.TEXTS, peer.caller(), to), to));
    } catch (RuntimeException e) {
      LOG.log(DEBUG, "A feed did not begin: " + e);
      to.end(CloseReason.LIMIT, String.valueOf(e.getMessage()));
    }
  }

  @OnMessage(maxMessageSize = TokenMessages.MOST_BYTES)
  public void message(String message) {
    heard();
    FeedSubscriber served = subscriber();
    TokenMessages reader = tokens;
    if (served != null && reader != null) {
      reader.read(message, served);
    }
  }

  @OnMessage(maxMessageSize = TokenMessages.MOST_BYTES)
  public void binary(ByteBuffer message) {
    FeedSubscriber served = subscriber();
    if (served != null) {
      served.end(CloseReason.BINARY_MESSAGE, "nothing is taken here but text");
    }
  }

  @OnMessage
  public void pong(PongMessage answer) {
    heard();
  }

  private @Nullable FeedSubscriber subscriber() {
    EndpointWay to = way;
    return to == null ? null : to.subscriber();
  }

  private void heard() {
    FeedSubscriber served = subscriber();
    if (served != null) {
      served.heard();
    }
  }

  @OnClose
  public void closed() {
    EndpointWay to = way;
    if (to != null) {
      to.gone();
    }
  }

  @OnError
  public void failed(Throwable error) {
    LOG.log(DEBUG, "A subscriber's connection failed: " + error);
    closed();
  }
}
