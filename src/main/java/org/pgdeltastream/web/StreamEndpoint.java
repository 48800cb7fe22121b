package org.pgdeltastream.web;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.ERROR;

import jakarta.ejb.EJB;
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
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.slot.SlotManager;
import org.pgdeltastream.slot.SlotStream;

/**
 * The stream's websocket. One instance for each connection. The container's threads come here; the
 * reader's task sends through the {@link StreamDoor}. Nothing may be thrown from here: several
 * servers would leave the connection open and silent.
 */
@ServerEndpoint(value = "/v1/lr/stream", configurator = StreamConfigurator.class)
public class StreamEndpoint {
  private static final System.Logger LOG = System.getLogger(StreamEndpoint.class.getName());
  private static final int MOST_BYTES = 4096;

  @EJB private @Nullable SlotManager slots;

  private @Nullable StreamDoor door;
  private @Nullable SlotStream stream;

  @OnOpen
  public void open(Session session, EndpointConfig config) {
    try {
      StreamDoor opened = new StreamDoor(session, manager().settings().sendTimeout());
      door = opened;
      SlotStream begun = manager().newStream(StreamRequest.parse(session.getQueryString()), opened);
      stream = begun;
      begun.start();
    } catch (IOException e) {
      LOG.log(DEBUG, "The client had gone before the stream began: " + e);
    } catch (RuntimeException e) {
      refuse(e);
    }
  }

  @OnMessage(maxMessageSize = MOST_BYTES)
  public void message(String message) {
    SlotStream running = stream;
    if (running == null) {
      return; // being closed
    }
    try {
      if (message.length() > MOST_BYTES) {
        running.end(CloseReason.MESSAGE_TOO_BIG, "a message may have " + MOST_BYTES + " bytes");
        return;
      }
      Acknowledgement acknowledgement = Acknowledgement.parse(message);
      running.acknowledge(acknowledgement.lsn(), acknowledgement.reply());
    } catch (IllegalArgumentException e) {
      running.end(CloseReason.BAD_ACK, String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      running.end(CloseReason.INTERNAL, "internal error, id " + logged(e));
    }
  }

  @OnMessage(maxMessageSize = MOST_BYTES)
  public void binary(ByteBuffer message) {
    SlotStream running = stream;
    if (running != null) {
      running.end(CloseReason.BINARY_MESSAGE, "acknowledgements are text");
    }
  }

  @OnMessage
  public void pong(PongMessage answer) {
    SlotStream running = stream;
    if (running != null) {
      running.heard();
    }
  }

  @OnClose
  public void closed() {
    SlotStream running = stream;
    if (running != null) {
      running.clientGone();
    }
  }

  @OnError
  public void failed(Throwable error) {
    LOG.log(DEBUG, "A client's connection failed: " + error);
    closed();
  }

  private void refuse(RuntimeException e) {
    StreamDoor opened = door;
    if (opened == null) {
      LOG.log(ERROR, "A websocket could not be opened", e);
      return;
    }
    if (e instanceof ProblemException problem) {
      boolean limit = problem.problem() == Problem.STREAMS_EXHAUSTED;
      opened.close(
          limit ? CloseReason.LIMIT : CloseReason.UPSTREAM_LOST,
          String.valueOf(problem.getMessage()));
    } else {
      opened.close(CloseReason.INTERNAL, "internal error, id " + logged(e));
    }
  }

  private static String logged(RuntimeException e) {
    String id = UUID.randomUUID().toString();
    LOG.log(ERROR, "Stream endpoint failed, error id " + id, e);
    return id;
  }

  private SlotManager manager() {
    return java.util.Objects.requireNonNull(slots, "no EJB was injected");
  }
}
