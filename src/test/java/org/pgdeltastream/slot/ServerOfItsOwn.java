package org.pgdeltastream.slot;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.support.Program;
import org.pgdeltastream.support.TestDatabase;
import org.pgdeltastream.support.VerifyingClient;

/** The runnable jar, with real websockets. */
final class ServerOfItsOwn implements ServerUnderFire {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();

  private final Program program;

  ServerOfItsOwn(TestDatabase database, int port, int node, Path directory) throws IOException {
    program =
        Program.start(
            database,
            port,
            "256m",
            directory,
            "-Dpgdelta.node=node" + node,
            "-Dpgdelta.catch-up-bytes=" + (node % 4 < 2 ? 200_000 : 0),
            "-Dpgdelta.websocket=" + (node % 2 == 0 ? "endpoint" : "upgrade"));
  }

  @Override
  public SlotName init(OutputPlugin plugin) throws Exception {
    String answer = program.get("/v1/init?plugin=" + plugin.sqlName()).body();
    return new SlotName(answer.replaceFirst(".*\"slotName\":\"([^\"]+)\".*", "$1"));
  }

  @Override
  public Link connect(
      VerifyingClient.Receiver receiver, SlotName slot, Optional<Lsn> from, boolean takeover)
      throws Exception {
    String url =
        program.streamUrl(slot.value())
            + (takeover ? "&takeover=1" : "")
            + from.map(lsn -> "&from=" + lsn).orElse("");
    WebSocket socket =
        HTTP.newWebSocketBuilder()
            .buildAsync(URI.create(url), new Listener(receiver))
            .get(20, TimeUnit.SECONDS);
    return new Link() {
      @Override
      public void acknowledge(Lsn lsn) {
        var unused = socket.sendText("{\"lsn\":\"" + lsn + "\"}", true);
      }

      @Override
      public void vanish() {
        socket.abort();
      }
    };
  }

  @Override
  public void kill() throws Exception {
    program.kill();
  }

  @Override
  public void stop() throws Exception {
    program.stop();
  }

  private record Listener(VerifyingClient.Receiver receiver) implements WebSocket.Listener {
    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      receiver.text(part, last);
      from.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
      receiver.lost();
      return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
      receiver.lost();
    }
  }
}
