package org.pgdeltastream.slot;

import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.pgdeltastream.support.FeedHttp;
import org.pgdeltastream.support.RawClient;
import org.pgdeltastream.support.ServerClient;

/** One connection to a feed: what it brings, in its order. */
interface FeedConnection extends Closeable {
  /** Is told what comes. */
  interface Receiver {
    /** What every transport but a pull says first. */
    void hello(String json);

    /** A change, or a transaction. */
    void message(String json);

    /** A whole position, alone or behind the message that has it too. */
    void position(String position);

    /** All there was has come. */
    void live();

    /** The position that was asked for is not in the feed. */
    void mustRefetch(String json);

    /** The server's last word. */
    void bye(String why);
  }

  /** Reads the next message, event or answer; false after the last one. */
  boolean next(Receiver receiver) throws IOException;

  /** A status that is not the usual one. */
  final class RefusedException extends IOException {
    private static final long serialVersionUID = 1;
    private final int status;

    RefusedException(int status, String body) {
      super(status + " " + body);
      this.status = status;
    }

    int status() {
      return status;
    }
  }

  /** Whether it is a message of ours, and which. */
  private static boolean isNotice(String json, Receiver receiver) {
    if (json.startsWith("{\"hello\"")) {
      receiver.hello(json);
    } else if (json.startsWith("{\"must-refetch\"")) {
      receiver.mustRefetch(json);
    } else if (json.startsWith("{\"live\"")) {
      receiver.live();
    } else {
      return false;
    }
    return true;
  }

  private static void message(String json, Receiver receiver) {
    if (!isNotice(json, receiver)) {
      receiver.message(json);
    }
  }

  /** By websocket. */
  final class Socket implements FeedConnection {
    private final String path;
    private final RawClient client;
    private final StringBuilder text = new StringBuilder();

    Socket(int port, String path, int receiveBuffer) throws IOException {
      this.path = path;
      client =
          RawClient.handshake(
              "ws://localhost:" + port + path,
              receiveBuffer,
              "GET",
              "Upgrade: websocket",
              "Connection: Upgrade",
              "Sec-WebSocket-Version: 13",
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
      if (client.status() != 101) {
        client.close();
        throw new RefusedException(client.status(), client.body());
      }
    }

    @Override
    public boolean next(Receiver receiver) throws IOException {
      RawClient.Frame frame = client.next();
      switch (frame.opcode()) {
        case RawClient.PING -> client.send(RawClient.PONG, frame.payload());
        case RawClient.CLOSE -> {
          receiver.bye("closed with " + frame.code() + frame.payload().substring(2));
          return false;
        }
        default -> {
          text.append(frame.payload());
          if (frame.last()) {
            message(text.toString(), receiver);
            text.setLength(0);
          }
        }
      }
      return true;
    }

    @Override
    public String toString() {
      return "the websocket " + path;
    }

    @Override
    public void close() throws IOException {
      client.close();
    }
  }

  /** By server-sent events. */
  final class Events implements FeedConnection {
    private final String path;
    private final FeedHttp answer;

    Events(int port, String path, int receiveBuffer, String lastEventId) throws IOException {
      this.path = path;
      String id = lastEventId.isEmpty() ? "X-Any: one" : "Last-Event-ID: " + lastEventId;
      answer = FeedHttp.get(port, path, receiveBuffer, "Accept: text/event-stream", id);
      if (answer.status() != 200) {
        String body = answer.line();
        answer.close();
        throw new RefusedException(answer.status(), body);
      }
    }

    /** As a browser does it: an event counts once the empty line is there. */
    @Override
    public boolean next(Receiver receiver) throws IOException {
      String id = "";
      String data = "";
      String event = "";
      for (String line = answer.line(); !line.isEmpty(); line = answer.line()) {
        int colon = line.indexOf(": ");
        switch (colon < 0 ? line : line.substring(0, colon)) {
          case "id" -> id = line.substring(4);
          case "data" -> data = line.substring(6);
          case "event" -> event = line.substring(7);
          default -> {} // a comment, or a retry
        }
      }
      if (event.equals("bye")) {
        receiver.bye("bye with " + data);
        return false;
      }
      if (!data.isEmpty()) {
        message(data, receiver);
      }
      if (!id.isEmpty()) {
        receiver.position(id);
      }
      return true;
    }

    @Override
    public String toString() {
      return "the events of " + path + ", " + answer;
    }

    @Override
    public void close() throws IOException {
      answer.close();
    }
  }

  /** One pull: it counts as a whole, or not at all. */
  final class Pull implements FeedConnection {
    private final String path;
    private final FeedHttp answer;
    private final boolean asLines;

    Pull(int port, String path, int receiveBuffer, boolean asLines) throws IOException {
      this.path = path;
      this.asLines = asLines;
      String accept = asLines ? "Accept: application/x-ndjson" : "Accept: application/json";
      answer = FeedHttp.get(port, path, receiveBuffer, accept);
    }

    @Override
    public boolean next(Receiver receiver) throws IOException {
      if (answer.status() != 200) {
        String body = answer.line();
        if (answer.status() != 410) {
          throw new RefusedException(answer.status(), body);
        }
        receiver.mustRefetch(body);
        return false;
      }
      List<String> messages = new ArrayList<>();
      JsonObject end;
      if (asLines) {
        String line = answer.line();
        for (; !line.startsWith("{\"position\""); line = answer.line()) {
          messages.add(line);
        }
        end = ServerClient.object(line);
      } else {
        end = whole(answer.line());
        end.getJsonArray("messages").stream().map(JsonValue::toString).forEach(messages::add);
      }
      messages.forEach(receiver::message);
      receiver.position(end.getString("position"));
      return false;
    }

    private static JsonObject whole(String json) throws IOException {
      try {
        return ServerClient.object(json);
      } catch (JsonException e) {
        throw new IOException("The answer ends in the midst of a transaction", e);
      }
    }

    @Override
    public String toString() {
      return "the pull of " + path + ", " + answer;
    }

    @Override
    public void close() throws IOException {
      answer.close();
    }
  }
}
