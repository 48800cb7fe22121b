package org.pgdeltastream.web.live;

import static java.lang.System.Logger.Level.DEBUG;

import jakarta.ejb.EJB;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.websocket.CloseReason.CloseCodes;
import jakarta.websocket.OnClose;
import jakarta.websocket.OnError;
import jakarta.websocket.OnMessage;
import jakarta.websocket.OnOpen;
import jakarta.websocket.PongMessage;
import jakarta.websocket.Session;
import jakarta.websocket.server.PathParam;
import jakarta.websocket.server.ServerEndpoint;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FeedPosition;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.Framing;
import org.pgdeltastream.feed.Outlet;
import org.pgdeltastream.slot.SlotManager;
import org.pgdeltastream.slot.feed.FollowRequest;
import org.pgdeltastream.web.http.HiddenHeaderRequest;
import org.pgdeltastream.web.stream.StreamConfigurator;

/**
 * A feed's websocket through the container's API: a message is sent when the one before has left.
 */
@ServerEndpoint(value = "/v1/feeds/{feed}/stream", configurator = StreamConfigurator.class)
public class FeedEndpoint {
  private static final System.Logger LOG = System.getLogger(FeedEndpoint.class.getName());
  private static final int MOST_BYTES = 512;
  private static final String EXTENSIONS = "Sec-WebSocket-Extensions";

  @EJB
  @SuppressWarnings("NullAway.Init") // the container sets it
  SlotManager slots;

  private volatile @Nullable FeedSubscriber subscriber;

  /** The container's API does not pass a client's address: the user's name carries it. */
  static HttpServletRequest request(HttpServletRequest request) {
    return new HiddenHeaderRequest(
        new HttpServletRequestWrapper(request) {
          @Override
          public Principal getUserPrincipal() {
            String address = request.getRemoteAddr();
            return () -> address;
          }
        },
        EXTENSIONS);
  }

  @OnOpen
  public void open(Session session, @PathParam("feed") String feed) {
    Way way = new Way(session, feed);
    try {
      FeedQuery query = FeedQuery.ofStream(session.getQueryString(), null);
      Principal peer = session.getUserPrincipal();
      String address = peer == null ? "" : String.valueOf(peer.getName());
      FeedSubscriber served =
          slots
              .feeds()
              .follow(
                  feed,
                  new FollowRequest(
                      query.view(), Framing.TEXTS, query.after(), query.linger(), address, way),
                  way);
      subscriber = served;
      way.served = served;
      served.ready();
    } catch (RuntimeException e) {
      LOG.log(DEBUG, "A feed did not begin: " + e);
      way.end(CloseReason.LIMIT, String.valueOf(e.getMessage()));
    }
  }

  @OnMessage(maxMessageSize = MOST_BYTES)
  public void message(String message) {
    heard();
  }

  @OnMessage(maxMessageSize = MOST_BYTES)
  public void binary(ByteBuffer message) {
    FeedSubscriber served = subscriber;
    if (served != null) {
      served.end(CloseReason.BINARY_MESSAGE, "nothing is taken here but text");
    }
  }

  @OnMessage
  public void pong(PongMessage answer) {
    heard();
  }

  private void heard() {
    FeedSubscriber served = subscriber;
    if (served != null) {
      served.heard();
    }
  }

  @OnClose
  public void closed() {
    FeedSubscriber served = subscriber;
    if (served != null) {
      served.gone();
    }
  }

  @OnError
  public void failed(Throwable error) {
    LOG.log(DEBUG, "A subscriber's connection failed: " + error);
    closed();
  }

  /** The way to the client: whole lines become messages. */
  private static final class Way implements Outlet, FollowRequest.Client {
    private final Session session;
    private final String feed;
    private final AtomicBoolean sending = new AtomicBoolean();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private final java.util.ArrayDeque<String> lines = new java.util.ArrayDeque<>();
    private volatile @Nullable FeedSubscriber served;

    Way(Session session, String feed) {
      this.session = session;
      this.feed = feed;
    }

    @Override
    public boolean isReady() {
      return !sending.get();
    }

    @Override
    public void write(byte[] bytes, int start, int length) {
      int from = start;
      for (int at = start; at < start + length; at++) {
        if (bytes[at] == '\n') {
          line.write(bytes, from, at - from);
          add(line.toString(StandardCharsets.UTF_8));
          line.reset();
          from = at + 1;
        }
      }
      line.write(bytes, from, start + length - from);
      sendNext();
    }

    private synchronized void add(String message) {
      lines.add(message);
    }

    private synchronized @Nullable String next() {
      return lines.poll();
    }

    private void sendNext() {
      if (!sending.compareAndSet(false, true)) {
        return;
      }
      String message = next();
      if (message == null) {
        sending.set(false);
        return;
      }
      session
          .getAsyncRemote()
          .sendText(
              message,
              result -> {
                sending.set(false);
                if (result.isOK()) {
                  sendNext();
                  FeedSubscriber one = served;
                  if (one != null && isReady()) {
                    one.ready();
                  }
                }
              });
    }

    @Override
    public void flush() {}

    @Override
    public void ping() throws IOException {
      session.getAsyncRemote().sendPing(ByteBuffer.allocate(0));
    }

    @Override
    public boolean isAnswered() {
      return true;
    }

    @Override
    public void begins(FeedSubscriber one, FeedPosition start, FeedPosition oldest) {
      one.say(Framing.TEXTS.notice("hello", FeedMessages.hello(feed, start, oldest)));
    }

    @Override
    public void mustRefetch(
        FeedSubscriber one, String reason, FeedPosition oldest, FeedPosition newest) {
      String json = FeedMessages.mustRefetch(reason, oldest, newest);
      one.say(Framing.TEXTS.notice("must-refetch", json));
      one.end(CloseReason.POSITION_LOST, "position not in the feed: " + reason);
    }

    @Override
    public boolean end(CloseReason reason, String detail) {
      close(
          org.pgdeltastream.web.socket.CloseCodes.code(reason),
          org.pgdeltastream.web.socket.CloseCodes.text(reason, detail));
      return true;
    }

    @Override
    public void cut() {
      close(CloseCodes.GOING_AWAY.getCode(), "");
    }

    /** On a thread of its own, since a container's close may wait for the client. */
    private void close(int code, String text) {
      if (!closed.compareAndSet(false, true)) {
        return;
      }
      Thread closer =
          new Thread(
              () -> {
                try {
                  session.close(
                      new jakarta.websocket.CloseReason(CloseCodes.getCloseCode(code), text));
                } catch (IOException | RuntimeException e) {
                  LOG.log(DEBUG, "The client had gone before it could be closed: " + e);
                }
              },
              "close");
      closer.setDaemon(true);
      closer.start();
    }
  }
}
