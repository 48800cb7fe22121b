package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.pgdeltastream.support.NeedsWal2Json;
import org.pgdeltastream.support.TestDatabase;

/**
 * Makes a vector of a bug report: a folder with {@code setup.sql} and {@code work.sql} gets what
 * both plugins wrote for them.
 *
 * <pre>mvn verify -Dtest=None -Dit.test=RecordVectorsPostgresIT -Dpgdelta.test.record=FOLDER</pre>
 */
@NeedsWal2Json
@EnabledIfSystemProperty(named = "pgdelta.test.record", matches = ".+")
class RecordVectorsPostgresIT {
  private static final String WAL2JSON = "two_wal2json', null, null, 'include-lsn', 'true'";

  @Test
  void recordsWhatBothPluginsWrite() throws Exception {
    Path folder = Path.of(System.getProperty("pgdelta.test.record"));
    try (TestDatabase database = TestDatabase.system()) {
      TwoPlugins plugins = new TwoPlugins(database);
      RecordedSqlPostgresIT.run(
          plugins,
          Files.readAllLines(folder.resolve("setup.sql")),
          sql -> !sql.contains("replication_slot") && !sql.contains("create publication"));
      plugins.run("create publication everything for all tables");
      plugins.begin();
      RecordedSqlPostgresIT.run(
          plugins, Files.readAllLines(folder.resolve("work.sql")), sql -> true);

      write(folder, "pgoutput.hex", messages(database, pgoutput(plugins)).map(hex()).toList());
      write(folder, "wal2json.jsonl", texts(database, "'1'"));
      write(folder, "wal2json-chunks.txt", texts(database, "'1', 'write-in-chunks', 'true'"));
      write(folder, "wal2json-actions.jsonl", texts(database, "'2'"));
      write(folder, "types.txt", types(database));
    }
    assertThat(folder.resolve("pgoutput.hex")).isNotEmptyFile();
  }

  private static String pgoutput(TwoPlugins plugins) {
    return "two_pgoutput', null, null, 'proto_version', '1', 'publication_names', 'everything'"
        + (plugins.serverVersion() >= 14 ? ", 'messages', 'true'" : "");
  }

  private static List<String> texts(TestDatabase database, String format) throws SQLException {
    return messages(database, WAL2JSON + ", 'format-version', " + format)
        .map(message -> new String(message, StandardCharsets.UTF_8))
        .toList();
  }

  private static java.util.function.Function<byte[], String> hex() {
    return HexFormat.of()::formatHex;
  }

  private static Stream<byte[]> messages(TestDatabase database, String slotAndOptions)
      throws SQLException {
    List<byte[]> messages = new ArrayList<>();
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "select data from pg_logical_slot_peek_binary_changes('" + slotAndOptions + ")")) {
      while (rows.next()) {
        messages.add(rows.getBytes(1));
      }
    }
    return messages.stream();
  }

  private static List<String> types(TestDatabase database) throws SQLException {
    return database
        .text(
            "select string_agg(attrelid::oid || ' ' || attnum || ' '"
                + " || format_type(atttypid, atttypmod), e'\\n' order by attrelid, attnum)"
                + " from pg_attribute join pg_class c on c.oid = attrelid"
                + " where attnum > 0 and not attisdropped and relkind in ('r', 'p')"
                + " and relnamespace not in ('pg_catalog'::regnamespace,"
                + " 'information_schema'::regnamespace)")
        .lines()
        .toList();
  }

  private static void write(Path folder, String file, List<String> lines) throws IOException {
    Files.writeString(folder.resolve(file), String.join("\n", lines) + "\n");
  }
}
