package org.pgdeltastream.launch.command;

import java.io.PrintStream;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A small websocket client: prints each message on a line, and acknowledges it if asked to. */
public final class StreamPrinter implements WebSocket.Listener {
  // A quote inside a JSON string is escaped, so that no row's value can look like this.
  private static final Pattern NEXT_LSN =
      Pattern.compile("\"nextlsn\":\\s*\"(\\p{XDigit}{1,8}/\\p{XDigit}{1,8})\"");

  private static final int MOST_SHOWN = 2000;

  private final PrintStream out;
  private final boolean acknowledge;
  private final StringBuilder message = new StringBuilder();
  private final CompletableFuture<String> closed = new CompletableFuture<>();

  StreamPrinter(PrintStream out, boolean acknowledge) {
    this.out = out;
    this.acknowledge = acknowledge;
  }

  /** Watches until the stream is closed; answers the process's exit status. */
  public static int run(Command.Watch command) {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    StreamPrinter watch = new StreamPrinter(out, command.acknowledge());
    WebSocket.Builder builder =
        HttpClient.newHttpClient().newWebSocketBuilder().connectTimeout(Duration.ofSeconds(20));
    WebSocket socket;
    try {
      command.token().ifPresent(token -> builder.header("Authorization", "Bearer " + token));
      socket = builder.buildAsync(command.stream(), watch).join();
    } catch (IllegalArgumentException e) {
      System.err.println("pgdeltastream: the token has a letter that no header can carry");
      return 1;
    } catch (CompletionException e) {
      System.err.println("pgdeltastream: " + refusal(command, e.getCause()));
      return 1;
    }
    Runtime.getRuntime().addShutdownHook(new Thread(() -> leave(watch, socket), "leave"));
    try {
      System.err.println(watch.closed.join());
      return 0;
    } catch (CompletionException e) {
      System.err.println("pgdeltastream: the connection is lost: " + e.getCause());
      return 1;
    }
  }

  private static String refusal(Command.Watch command, @Nullable Throwable cause) {
    return cause instanceof WebSocketHandshakeException handshake
        ? "%s answers %s, no websocket%s"
            .formatted(
                command.stream(),
                handshake.getResponse().statusCode(),
                said(handshake.getResponse()))
        : "Cannot connect to %s: %s".formatted(command.stream(), cause);
  }

  /** The refusal's own words, which say what to do. */
  private static String said(HttpResponse<?> refusal) {
    Object body = refusal.body();
    String text = body == null ? "" : body.toString().replaceAll("[^ -~]", "?").strip();
    return text.isEmpty() ? "" : ": " + text.substring(0, Math.min(text.length(), MOST_SHOWN));
  }

  /** Ctrl-C: closes the websocket, and ends with 0 where the JVM would end with 130. */
  private static void leave(StreamPrinter watch, WebSocket socket) {
    if (watch.closed.isDone()) {
      return;
    }
    socket
        .sendClose(WebSocket.NORMAL_CLOSURE, "")
        .orTimeout(1, TimeUnit.SECONDS)
        .handle((done, problem) -> 0)
        .join();
    Runtime.getRuntime().halt(0);
  }

  @Override
  public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
    message.append(part);
    if (last) {
      String text = message.toString();
      message.setLength(0);
      out.println(text);
      Matcher nextLsn = NEXT_LSN.matcher(text);
      if (acknowledge && nextLsn.find()) {
        return socket
            .sendText("{\"lsn\":\"" + nextLsn.group(1) + "\"}", true)
            .thenAccept(sent -> sent.request(1));
      }
    }
    socket.request(1);
    return null;
  }

  @Override
  public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
    closed.complete("Closed: " + code + (reason.isEmpty() ? "" : " " + reason));
    return null;
  }

  @Override
  public void onError(WebSocket socket, Throwable problem) {
    closed.completeExceptionally(problem);
  }
}
