package org.pgdeltastream.web.live;

import static java.lang.System.Logger.Level.DEBUG;
import static java.util.Objects.requireNonNull;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpUpgradeHandler;
import jakarta.servlet.http.WebConnection;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.FeedSubscriber;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.framing.ControlFrame;
import org.pgdeltastream.framing.FrameException;
import org.pgdeltastream.framing.FrameListener;
import org.pgdeltastream.framing.FrameReader;
import org.pgdeltastream.rights.Bearer;
import org.pgdeltastream.slot.admission.Caller;
import org.pgdeltastream.slot.feed.Feeds;
import org.pgdeltastream.slot.feed.FollowRequest;
import org.pgdeltastream.web.socket.CloseCodes;
import org.pgdeltastream.web.socket.UpgradedSocket;

/** A feed's websocket on an upgraded connection: what the client says, and the way to it. */
public class FeedSocket implements HttpUpgradeHandler, ReadListener, FrameListener {
  private static final System.Logger LOG = System.getLogger(FeedSocket.class.getName());
  private static final ThreadLocal<byte[]> READ = ThreadLocal.withInitial(() -> new byte[2048]);

  private final FrameReader frames = new FrameReader(TokenMessages.MOST_BYTES, this);
  private @Nullable Feeds feeds;
  private @Nullable FeedQuery query;
  private String feed = "";
  private @Nullable Caller caller;
  private @Nullable TokenMessages tokens;
  private @Nullable ServletInputStream input;
  private @Nullable FeedSubscriber subscriber;
  private @Nullable Way way;
  private volatile byte @Nullable [] clientsClose;
  private volatile boolean isClosing;

  /** Called once, before the container hands the connection over. */
  void serve(
      Feeds server,
      String feedName,
      FeedQuery asked,
      Caller clients,
      Function<String, Optional<Bearer>> verifier) {
    feeds = server;
    tokens = new TokenMessages(server, verifier);
    feed = feedName;
    query = asked;
    caller = clients;
  }

  /** The way to the client. */
  private final class Way extends AsyncOutput implements FollowRequest.Client {
    private final WebConnection connection;

    Way(WebConnection connection) throws IOException {
      super(connection.getOutputStream());
      this.connection = connection;
    }

    @Override
    public void ping() throws IOException {
      byte[] ping = ControlFrame.ping();
      write(ping, 0, ping.length);
      if (isReady()) {
        flush();
      }
    }

    @Override
    public boolean isAnswered() {
      return true;
    }

    @Override
    public void begins(FeedSubscriber one, FeedPosition start, FeedPosition oldest) {
      FeedMessages.hello(one, feed, start, oldest);
    }

    @Override
    public void beginsWithRows(FeedSubscriber one, Optional<String> refetch, FeedPosition oldest) {
      FeedMessages.withRows(one, feed, refetch, oldest);
    }

    @Override
    public void mustRefetch(
        FeedSubscriber one, String reason, FeedPosition oldest, FeedPosition newest) {
      FeedMessages.refetch(one, reason, oldest, newest);
    }

    @Override
    public boolean end(CloseReason reason, String detail) throws IOException {
      byte[] answer = clientsClose;
      byte[] close =
          answer == null
              ? ControlFrame.close(CloseCodes.code(reason), CloseCodes.text(reason, detail))
              : ControlFrame.closeWith(answer);
      isClosing = true;
      write(close, 0, close.length);
      if (isReady()) {
        flush();
      }
      if (answer != null) {
        cut();
      }
      return answer != null;
    }

    @Override
    public void cut() {
      UpgradedSocket.close(connection);
    }
  }

  @Override
  public void init(WebConnection connection) {
    try {
      Way to = new Way(connection);
      FeedQuery asked = requireNonNull(query, "not to be served");
      ServletInputStream from = connection.getInputStream();
      way = to;
      input = from;
      UpgradedSocket.holdLittle(connection);
      connection.getOutputStream().flush(); // some servers would keep their answer to the handshake
      connection.getOutputStream().setWriteListener(to);
      FeedSubscriber served =
          requireNonNull(feeds, "not to be served")
              .follow(
                  feed,
                  asked.request(Framing.WEBSOCKET, requireNonNull(caller, "not to be served"), to),
                  to);
      subscriber = served;
      to.serves(served);
      served.ready(); // it may have become so meanwhile
      from.setReadListener(this); // at last: some servers let another thread read at once
    } catch (IOException | RuntimeException e) {
      LOG.log(DEBUG, "The client had gone before the feed began: " + e);
      UpgradedSocket.close(connection);
      destroy();
    }
  }

  @Override
  public void onDataAvailable() throws IOException {
    ServletInputStream from = requireNonNull(input, "not opened");
    byte[] read = READ.get();
    while (from.isReady()) { // to the end: the container calls again only after a no
      int length = from.read(read);
      if (length < 0) {
        destroy();
        return;
      }
      served().heard();
      try {
        frames.read(read, 0, length);
      } catch (FrameException e) {
        refuse(e);
      }
    }
  }

  private void refuse(FrameException e) {
    CloseReason reason =
        switch (e.violation()) {
          case SIZE -> CloseReason.MESSAGE_TOO_BIG;
          case BINARY -> CloseReason.BINARY_MESSAGE;
          case TEXT -> CloseReason.INVALID_TEXT;
          case PROTOCOL -> CloseReason.PROTOCOL_ERROR;
        };
    served().end(reason, String.valueOf(e.getMessage()));
  }

  private FeedSubscriber served() {
    return requireNonNull(subscriber, "not opened");
  }

  @Override
  public void onAllDataRead() {
    destroy();
  }

  @Override
  public void onError(Throwable error) {
    destroy();
  }

  /** The connection has ended. */
  @Override
  public void destroy() {
    Way to = way;
    if (to != null) {
      to.gone();
      to.cut();
    }
  }

  @Override
  public void onText(String message) {
    requireNonNull(tokens, "not to be served").read(message, served());
  }

  @Override
  public void onPing(byte[] payload) {
    served().answer(ControlFrame.pong(payload));
  }

  @Override
  public void onPong() {}

  @Override
  public void onClose(byte[] payload) {
    if (isClosing) {
      destroy(); // it is the answer to ours
    } else {
      clientsClose = payload;
      served().end(CloseReason.SERVICE_RESTART, ""); // the answer says what the client said
    }
  }
}
