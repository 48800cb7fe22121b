package org.pgdeltastream.launch.server;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URL;
import java.util.Optional;
import java.util.Set;
import org.pgdeltastream.launch.command.Address;

/** A server's first call to itself: whether the application answers. */
final class OwnPing {
  /** 401 and 403 are the application's: access is configured. */
  private static final Set<Integer> APPLICATION_ANSWERS = Set.of(200, 401, 403);

  private static final int MILLIS = 20_000;

  private OwnPing() {}

  /**
   * Asks once.
   *
   * @throws IOException if something else answers, or nothing
   */
  static void check(Address server, Optional<Tls> tls) throws IOException {
    String scheme = tls.isPresent() ? "https" : "http";
    URL ping = new URL(scheme, Address.reachable(server.host()), server.port(), "/v1/ping");
    int status;
    try {
      HttpURLConnection call = (HttpURLConnection) ping.openConnection(Proxy.NO_PROXY);
      if (tls.isPresent()) {
        tls.get().trust(call);
      }
      call.setConnectTimeout(MILLIS);
      call.setReadTimeout(MILLIS);
      status = call.getResponseCode();
      call.disconnect();
    } catch (IOException e) {
      throw new IOException("The application does not answer %s: %s".formatted(ping, e), e);
    }
    if (!APPLICATION_ANSWERS.contains(status)) {
      throw new IOException(
          "The application did not start: %s answers %s; the log says why".formatted(ping, status));
    }
  }
}
