package org.pgdeltastream.slot.database;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.support.TestDatabase;

/** How each connection of ours is made from what the administrator said. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class DatabasePostgresIT {
  private static TestDatabase database;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    Path rules = directory.resolve("pg_hba.conf");
    Files.writeString(
        rules,
        "local all all trust\nhost all postgres all trust\nhost all all all scram-sha-256\n");
    database = TestDatabase.embedded(Map.of("hba_file", rules.toString()));
  }

  @AfterAll
  static void stop() throws Exception {
    database.close();
  }

  @Test
  void eachConnectionHasTheParametersOfTheDataSourcesUrl() {
    Database doors =
        open(
            Map.of(), Optional.of(calling(database.jdbcUrl() + "?loginTimeout=7&sslmode=require")));

    assertThatThrownBy(() -> doors.connector().openOrdinary())
        .hasMessageContaining("does not support SSL");
    assertThatThrownBy(() -> askWalsender(doors)).hasMessageContaining("does not support SSL");
  }

  @Test
  void parametersOfTheUrlNeverReplaceWhatAConnectionOfOursNeeds() throws Exception {
    Database doors =
        open(
            Map.of(
                "database-url",
                database.jdbcUrl()
                    + "?options=-c%20work_mem%3D1MB%20-c%20lock_timeout%3D1&replication=true"
                    + "&ApplicationName=other&readOnly=true&currentSchema=other&user=nobody"
                    + "&preferQueryMode=simple&assumeMinServerVersion=9.0&socketFactoryArg=x",
                "database-user",
                "postgres"),
            Optional.empty());

    try (Connection connection = doors.connector().openOrdinary();
        var rows =
            connection
                .createStatement()
                .executeQuery(
                    "select current_setting('work_mem'), current_setting('lock_timeout'),"
                        + " current_setting('application_name'), current_schemas(false)::text")) {
      rows.next();
      assertThat(rows.getString(1)).isEqualTo("1MB");
      assertThat(rows.getString(2)).isEqualTo("10s");
      assertThat(rows.getString(3)).isEqualTo("pgdeltastream/main");
      assertThat(rows.getString(4)).isEqualTo("{public}");
    }
    askWalsender(doors);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "p w'\"\\%25&#?=+;/@:",
        "püñ 日本 😀",
        "  ",
        "${x}",
        "%",
        "a&user=postgres",
        "'); --"
      })
  void aPasswordHasAnyCharacters(String password) throws Exception {
    database.execute("drop role if exists delta");
    database.execute(
        "create role delta login replication password E'"
            + password.replace("\\", "\\\\").replace("'", "''")
            + "'");
    Map<String, String> bySetting =
        Map.of(
            "database-url",
            database.jdbcUrl(),
            "database-user",
            "delta",
            "database-password",
            password);
    String query = "?user=delta&password=" + URLEncoder.encode(password, UTF_8);
    Map<String, String> byUrl = Map.of("database-url", database.jdbcUrl() + query);

    for (Map<String, String> settings : List.of(bySetting, byUrl)) {
      Database doors = open(settings, Optional.empty());
      doors.check();
      askWalsender(doors);
    }
    assertThatThrownBy(
            () ->
                open(
                        Map.of("database-url", database.jdbcUrl() + "?password=no&user=delta"),
                        Optional.empty())
                    .check())
        .isInstanceOf(ProblemException.class);
  }

  @Test
  void aUrlWhoseParametersCannotBeReadIsToldWithoutThem() {
    Map<String, String> settings =
        Map.of("database-url", "jdbc:postgresql://localhost/x?password=100%");

    assertThatThrownBy(() -> open(settings, Optional.empty()))
        .isInstanceOfSatisfying(
            ProblemException.class,
            refusal -> {
              assertThat(refusal.problem()).isEqualTo(Problem.UPSTREAM_CONFIG);
              assertThat(refusal).hasMessageContaining("password").hasMessageNotContaining("100%");
            });
  }

  /** Makes a slot, for which it needs a connection to a walsender. */
  private static void askWalsender(Database doors) throws SQLException {
    SlotName slot = new SlotName("asked");
    doors.slots().create(slot, OutputPlugin.PGOUTPUT).snapshot().close();
    doors.slots().drop(slot);
    doors.connector().control().close();
  }

  private static Database open(Map<String, String> settings, Optional<DataSource> queries) {
    Map<String, String> named = new HashMap<>();
    settings.forEach((name, value) -> named.put("pgdelta." + name, value));
    return Database.open(Settings.read(named::get), queries, Optional.empty());
  }

  /** The test's DataSource, whose connections say to have this URL. */
  private static DataSource calling(String url) {
    return proxy(
        DataSource.class,
        database.dataSource(),
        "getConnection",
        connection ->
            proxy(
                Connection.class,
                connection,
                "getMetaData",
                metaData -> proxy(DatabaseMetaData.class, metaData, "getURL", any -> url)));
  }

  private static <T> T proxy(
      Class<T> type, Object real, String method, Function<Object, Object> other) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader() == null
                ? DatabasePostgresIT.class.getClassLoader()
                : type.getClassLoader(),
            new Class<?>[] {type},
            (self, called, arguments) -> {
              Object answer = called.invoke(real, arguments);
              return called.getName().equals(method) ? other.apply(answer) : answer;
            }));
  }
}
