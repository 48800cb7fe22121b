package org.pgdeltastream.web.stream;

import static java.lang.System.Logger.Level.DEBUG;

import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.delivery.Subscriber;
import org.pgdeltastream.slot.SlotManager;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.web.http.Errors;

/**
 * Passes what a client sends on to its stream, whoever reads its frames. The container's threads
 * come here; the reader's task sends. Nothing is thrown from here: several servers would leave the
 * connection open and silent.
 */
final class StreamSession {
  static final int MOST_BYTES = 4096;

  private static final System.Logger LOG = System.getLogger(StreamSession.class.getName());

  private volatile @Nullable SlotStream stream;

  /**
   * Begins the stream.
   *
   * @param options what the client asks for
   * @param address the client's
   * @param refusal closes a client that gets no stream
   */
  void open(
      SlotManager slots,
      StreamOptions options,
      String address,
      Subscriber subscriber,
      BiConsumer<CloseReason, String> refusal) {
    try {
      SlotStream begun = slots.newStream(options, subscriber);
      begun.isFrom(address);
      stream = begun;
      begun.start();
    } catch (ProblemException e) {
      CloseReason reason =
          switch (e.problem()) {
            case STREAMS_EXHAUSTED -> CloseReason.LIMIT;
            case SLOT_BUSY -> CloseReason.SLOT_BUSY;
            default -> CloseReason.UPSTREAM_LOST;
          };
      refusal.accept(reason, String.valueOf(e.getMessage()));
    } catch (RuntimeException | Error e) {
      refusal.accept(CloseReason.INTERNAL, Errors.internal(e).error());
    }
  }

  /** A whole message came. */
  void message(String message) {
    SlotStream running = stream;
    if (running == null) {
      return; // being closed
    }
    try {
      if (message.length() > MOST_BYTES) {
        tooBig();
        return;
      }
      Acknowledgement acknowledgement = Acknowledgement.parse(message);
      running.acknowledge(acknowledgement.lsn(), acknowledgement.reply());
    } catch (IllegalArgumentException e) {
      end(CloseReason.BAD_ACK, String.valueOf(e.getMessage()));
    } catch (RuntimeException | Error e) {
      end(CloseReason.INTERNAL, Errors.internal(e).error());
    }
  }

  void tooBig() {
    end(CloseReason.MESSAGE_TOO_BIG, "a message may have " + MOST_BYTES + " bytes");
  }

  void binary() {
    end(CloseReason.BINARY_MESSAGE, "acknowledgements are text");
  }

  /** Ends the stream, which closes the client. */
  void end(CloseReason reason, String detail) {
    ifRunning(running -> running.end(reason, detail));
  }

  /** The client gave a sign of life. */
  void heard() {
    ifRunning(SlotStream::heard);
  }

  /** The client's connection has ended without a close frame. */
  void closed() {
    ifRunning(SlotStream::clientGone);
  }

  /** The client has closed. */
  void closed(int code, String reason) {
    ifRunning(running -> running.clientGone(code, reason));
  }

  private void ifRunning(Consumer<SlotStream> action) {
    SlotStream running = stream;
    if (running != null) {
      action.accept(running);
    }
  }

  /** The connection broke. */
  void failed(Throwable error) {
    LOG.log(DEBUG, "A client's connection failed: " + error);
    closed();
  }
}
