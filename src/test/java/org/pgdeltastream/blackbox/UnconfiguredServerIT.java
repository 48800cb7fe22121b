package org.pgdeltastream.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.support.ServerClient;
import org.pgdeltastream.support.servers.ApplicationServer;

/** The WAR on an application server that was told nothing: no DataSource, no driver, no setting. */
class UnconfiguredServerIT {
  private static final Pattern ADVICE = Pattern.compile("No database is configured.*jdbc/pgdelta");

  @Test
  void startsAndSaysWhatToConfigure() throws Exception {
    ApplicationServer.Setup nothing = new ApplicationServer.Setup(Optional.empty(), "", Map.of());
    try (ApplicationServer server = ApplicationServer.start(nothing)) {
      ServerClient client = new ServerClient(server.base()).described();
      assertThat(client.get("/v1/ping").statusCode()).isEqualTo(200);
      assertThat(client.get("/v1/metrics").body()).contains("\npgdeltastream_upstream_up 0.0\n");
      assertAdvised(client.get("/v1/init"));
      assertAdvised(client.get("/v1/slots"));
      assertAdvised(client.post("/v1/snapshot/data", "application/json", "{\"table\":\"t\"}"));
      assertAdvised(client.get("/v1/snapshot/stream?table=t"));
      assertThat(client.handshakeStatus("delta_a1")).isEqualTo(503);
      assertThat(ADVICE.matcher(server.log()).results()).as("said once").hasSize(1);
    }
  }

  private static void assertAdvised(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
    assertThat(answer.body())
        .contains("\"upstream_config\"")
        .contains("PGDELTA_DATABASE_URL")
        .contains("jdbc/pgdelta");
  }
}
