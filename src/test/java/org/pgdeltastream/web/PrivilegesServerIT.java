package org.pgdeltastream.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.launch.server.Server;
import org.pgdeltastream.support.ServerClient;
import org.pgdeltastream.support.TestDatabase;
import org.pgdeltastream.support.WarServer;

/** What a server whose database user may not read everything answers. */
class PrivilegesServerIT {
  private static TestDatabase database;
  private static Server server;
  private static ServerClient client;
  private static String slot;

  @BeforeAll
  static void start() throws Exception {
    database = TestDatabase.embedded();
    database.execute(
        """
        create role reader login replication;
        create table granted(id int primary key); insert into granted values (1);
        create table secret(id int primary key); insert into secret values (1);
        create table partly(id int primary key, v int); insert into partly values (1, 2);
        create table late(id int primary key); insert into late values (1);
        create schema closed; create table closed.t(id int primary key);
        grant select on granted to reader;
        grant select on late to reader;
        grant select on closed.t to reader;
        grant select (id) on partly to reader;
        create publication p for table granted;
        """);
    server = WarServer.start(database, "reader", "");
    client = new ServerClient("http://127.0.0.1:" + server.port()).described();
    slot = client.init("plugin=pgoutput&publication=p");
  }

  @AfterAll
  static void stop() throws Exception {
    try (TestDatabase open = database) {
      client.delete("/v1/slots/" + slot);
      server.close();
      assertThat(open.text("select count(*) from pg_replication_slots")).isEqualTo("0");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"secret", "closed.t", "partly"})
  void refusesPagesAndStreamsOfWhatItMayNotRead(String table) throws Exception {
    refused(page(table, ""));
    refused(stream(table));
    assertThat(page("granted", "").body()).isEqualTo("[{\"id\":1}]");
  }

  @Test
  void readsSingleColumnsThatItWasGranted() throws Exception {
    assertThat(page("partly", ",\"columns\":[\"id\"]").body()).isEqualTo("[{\"id\":1}]");
    assertThat(stream("partly&columns=id").body()).startsWith("{\"id\":1}\n");
    refused(stream("partly&columns=id&part=1/2"));
  }

  @Test
  void noticesWhatIsRevokedAndGrantedBetweenTwoPages() throws Exception {
    assertThat(page("late", "").statusCode()).isEqualTo(200);
    database.execute("revoke select on late from reader");
    refused(page("late", ""));
    database.execute("grant select on late to reader");
    assertThat(page("late", "").statusCode()).isEqualTo(200);
  }

  @Test
  void listsOnlyWhatItMayRead() throws Exception {
    assertThat(client.get("/v1/snapshot/tables?slotName=" + slot).body())
        .contains("granted", "partly")
        .doesNotContain("secret", "closed", "\"v\"");
  }

  private static void refused(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(403);
    assertThat(answer.body()).contains("\"code\":\"forbidden\"");
  }

  private static HttpResponse<String> page(String table, String more) throws Exception {
    String body = "{\"table\":\"" + table + "\",\"slotName\":\"" + slot + "\"" + more + "}";
    return client.post("/v1/snapshot/data", "application/json", body);
  }

  private static HttpResponse<String> stream(String table) throws Exception {
    return client.get("/v1/snapshot/stream?slotName=" + slot + "&table=" + table);
  }
}
