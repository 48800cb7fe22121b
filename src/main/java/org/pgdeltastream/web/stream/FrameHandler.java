package org.pgdeltastream.web.stream;

import static java.lang.System.Logger.Level.DEBUG;
import static java.util.Objects.requireNonNull;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpUpgradeHandler;
import jakarta.servlet.http.WebConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.framing.FrameException;
import org.pgdeltastream.framing.FrameListener;
import org.pgdeltastream.framing.FrameReader;
import org.pgdeltastream.slot.SlotManager;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.web.socket.FrameSubscriber;

/**
 * The stream's websocket, in frames of our own on an upgraded connection. One instance for each
 * connection; the reader's task sends through the {@link FrameSubscriber}.
 */
public class FrameHandler implements HttpUpgradeHandler, ReadListener, FrameListener {
  private static final System.Logger LOG = System.getLogger(FrameHandler.class.getName());
  private static final int READ_BYTES = 2048;
  private static final int NO_CODE = 1005; // RFC 6455, section 7.4.1: never sent

  private final StreamSession client = new StreamSession();
  private final FrameReader frames = new FrameReader(StreamSession.MOST_BYTES, this);
  private final byte[] read = new byte[READ_BYTES];

  private @Nullable SlotManager slots;
  private @Nullable StreamOptions options;
  private String address = "";
  private String closeReason = "";
  private @Nullable ServletInputStream input;
  private @Nullable FrameSubscriber subscriber;

  /** Called once, before the container hands the connection over. */
  void serve(SlotManager manager, StreamOptions asked, String clientAddress) {
    slots = manager;
    address = clientAddress;
    options = asked;
  }

  @Override
  public void init(WebConnection connection) {
    try {
      SlotManager manager = requireNonNull(slots, "not to be served");
      FrameSubscriber opened = new FrameSubscriber(connection, manager.settings().sendTimeout());
      ServletInputStream from = connection.getInputStream();
      subscriber = opened;
      input = from;
      connection.getOutputStream().flush(); // some servers would keep their answer to the handshake
      connection.getOutputStream().setWriteListener(opened);
      client.open(manager, requireNonNull(options, "asked"), address, opened, opened::refuse);
      from.setReadListener(this); // at last: some servers let another thread read at once
    } catch (IOException | IllegalStateException e) {
      LOG.log(DEBUG, "The client had gone before the stream began: " + e);
      destroy();
    }
  }

  @Override
  public void onDataAvailable() throws IOException {
    ServletInputStream from = requireNonNull(input, "not opened");
    while (from.isReady()) { // to the end: the container calls again only after a no
      int length = from.read(read);
      if (length < 0) {
        destroy();
        return;
      }
      try {
        frames.read(read, 0, length);
      } catch (FrameException e) {
        refuse(e);
      }
    }
  }

  private void refuse(FrameException e) {
    switch (e.violation()) {
      case SIZE -> client.tooBig();
      case BINARY -> client.binary();
      case TEXT -> client.end(CloseReason.INVALID_TEXT, String.valueOf(e.getMessage()));
      case PROTOCOL -> client.end(CloseReason.PROTOCOL_ERROR, String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void onAllDataRead() {
    destroy();
  }

  @Override
  public void onError(Throwable error) {
    client.failed(error);
    destroy();
  }

  /** The connection has ended. */
  @Override
  public void destroy() {
    client.closed();
    FrameSubscriber opened = subscriber;
    if (opened != null) {
      opened.cut();
    }
  }

  @Override
  public void onText(String message) {
    client.message(message);
  }

  @Override
  public void onPing(byte[] payload) {
    client.heard();
    requireNonNull(subscriber, "not opened").answerPing(payload);
  }

  @Override
  public void onPong() {
    client.heard();
  }

  @Override
  public void onCloseReason(String reason) {
    closeReason = reason;
  }

  @Override
  public void onClose(byte[] payload) {
    boolean empty = payload.length < Short.BYTES;
    client.closed(empty ? NO_CODE : ByteBuffer.wrap(payload).getShort() & 0xFFFF, closeReason);
    requireNonNull(subscriber, "not opened").answerClose(payload);
  }
}
