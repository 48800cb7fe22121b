package org.pgdeltastream.slot;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.NeedsWal2Json;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.TestDatabase;

/** Over TLS, where bytes that have come are not yet messages. */
@NeedsWal2Json // the embedded PostgreSQL does not encrypt
class EncryptedPostgresIT {
  private static final char[] PASSWORD = "changeit".toCharArray();
  private static final int ROWS = 5_000;

  private static TestDatabase database;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    Path store = directory.resolve("store.p12");
    String keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    List<String> command =
        new ArrayList<>(List.of(keytool, "-genkeypair", "-alias", "s", "-keyalg", "RSA"));
    command.addAll(List.of("-dname", "CN=localhost", "-storetype", "PKCS12"));
    command.addAll(List.of("-storepass", "changeit", "-keystore", store.toString()));
    Process made = new ProcessBuilder(command).redirectErrorStream(true).start();
    assertThat(made.waitFor()).as(new String(made.getInputStream().readAllBytes(), UTF_8)).isZero();
    Path key = directory.resolve("server.key");
    Path certificate = directory.resolve("server.crt");
    write(store, key, certificate);
    database =
        TestDatabase.system(
            Map.of(
                "ssl", "on",
                "ssl_key_file", key.toString(),
                "ssl_cert_file", certificate.toString()));
    database.execute("create table users (id int primary key, name text)");
  }

  private static void write(Path store, Path key, Path certificate)
      throws IOException, GeneralSecurityException {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD);
    }
    Base64.Encoder lines = Base64.getMimeEncoder();
    Files.writeString(
        key,
        "-----BEGIN PRIVATE KEY-----\n"
            + lines.encodeToString(keys.getKey("s", PASSWORD).getEncoded())
            + "\n-----END PRIVATE KEY-----\n");
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
    Files.writeString(
        certificate,
        "-----BEGIN CERTIFICATE-----\n"
            + lines.encodeToString(keys.getCertificate("s").getEncoded())
            + "\n-----END CERTIFICATE-----\n");
  }

  @AfterAll
  static void stop() throws IOException {
    if (database != null) {
      database.close();
    }
  }

  @Test
  void streamsWhatWasMissedAndWhatIsWrittenMeanwhile() throws Exception {
    try (TestRegistry server =
        new TestRegistry(
            database,
            "database-url",
            database.jdbcUrl() + "?sslmode=require",
            "catch-up-bytes",
            "200000")) {
      SlotName slot = server.init().name();
      insert(1, ROWS);
      database.execute("checkpoint"); // what is not written out yet does not count as missed
      RecordingSubscriber client = new RecordingSubscriber();
      server.slots.stream(StreamOptions.of(slot), client);
      insert(ROWS + 1, 2 * ROWS);

      for (int i = 1; i <= 2 * ROWS; i++) {
        assertThat(client.nextWithChange()).contains("[" + i + ",");
      }
      assertThat(
              database.text(
                  "select bool_and(ssl) from pg_stat_ssl join pg_stat_replication using (pid)"))
          .isEqualTo("t");
    }
  }

  private static void insert(int from, int to) throws Exception {
    try (Connection connection = database.connect();
        PreparedStatement insert =
            connection.prepareStatement("insert into users values (?, repeat('x', 20))")) {
      for (int i = from; i <= to; i++) {
        insert.setInt(1, i);
        insert.execute();
      }
    }
  }
}
